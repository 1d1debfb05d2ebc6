import Formats
import Signing

/// What holds of any text that is read as hex, base64, or a timestamp: no two texts stand for one value but
/// where the grammar says so, and what is written reads back.
enum EncodingProperty {
  static func violation(_ input: [UInt8]) -> String? {
    readViolation(input) ?? writtenViolation(input) ?? timestampViolation(input)
  }

  private static func hex(_ text: [UInt8]) -> [UInt8]? {
    decoded { emit in text.withUnsafeBytes { Hex.decode($0, emit: emit) } }
  }

  private static func base64(_ text: [UInt8], _ alphabet: Base64.Alphabet) -> [UInt8]? {
    decoded { emit in text.withUnsafeBytes { Base64.decode($0, alphabet: alphabet, emit: emit) } }
  }

  private static func decoded(_ decode: ((UInt8) -> Bool) -> Bool) -> [UInt8]? {
    var bytes: [UInt8] = []
    let isWhole = decode {
      bytes.append($0)
      return true
    }
    return isWhole ? bytes : nil
  }

  private static func readViolation(_ text: [UInt8]) -> String? {
    if let bytes = hex(text), Array(Hex.encode(bytes).utf8) != text.lowercased { return "other hex" }
    if let bytes = base64(text, .standard), Array(Base64.encode(bytes).utf8) != text { return "other base64" }
    if let bytes = base64(text, .url) {
      let written = Array(Base64.encode(bytes, alphabet: .url).utf8)
      guard written == text || written.filter({ $0 != 0x3D }) == text else { return "other base64url" }
    }
    return nil
  }

  private static func writtenViolation(_ bytes: [UInt8]) -> String? {
    guard !bytes.isEmpty else { return nil }
    guard hex(Array(Hex.encode(bytes).utf8)) == bytes,
      base64(Array(Base64.encode(bytes).utf8), .standard) == bytes,
      base64(Array(Base64.encode(bytes, alphabet: .url).utf8), .url) == bytes
    else { return "what was encoded does not decode" }
    return nil
  }

  private static func timestampViolation(_ text: [UInt8]) -> String? {
    for unit in [SignatureLayout.TimestampUnit.seconds, .milliseconds] {
      let value = text.withUnsafeBytes { SignedValue.unixMilliseconds($0, unit: unit, digits: nil) }
      let isDigits = (1...15).contains(text.count) && text.allSatisfy { (0x30...0x39).contains($0) }
      guard (value != nil) == isDigits else { return "another grammar of \(unit)" }
    }
    guard let instant = text.withUnsafeBytes({ RFC3339.unixMilliseconds($0) }) else { return nil }
    guard text.count >= 20, text.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return "no RFC 3339" }
    return calendarViolation(instant)
  }

  /// Years 0001 to 9998: at both ends an offset leads out of the four digits.
  private static func calendarViolation(_ instant: Int64) -> String? {
    guard (-62_135_596_800_000..<253_370_764_800_000).contains(instant) else { return nil }
    let again = Array(RFC3339.text(unixMilliseconds: instant).utf8)
      .withUnsafeBytes { RFC3339.unixMilliseconds($0) }
    let fraction = ((instant % 1000) + 1000) % 1000
    return again == instant - fraction ? nil : "\(instant) is written as another instant"
  }
}
