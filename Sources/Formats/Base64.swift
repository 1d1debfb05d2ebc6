/// Base64 of RFC 4648, sections 4 and 5. Strict: one alphabet, whole quanta or none of the padding, unused
/// bits zero, so that no two texts stand for the same bytes but for the padding of base64url.
public enum Base64 {
  public enum Alphabet: Sendable {
    /// `+` and `/`, padding required.
    case standard
    /// `-` and `_`, padding optional but whole.
    case url
  }

  public static func encode(_ bytes: some Sequence<UInt8>, alphabet: Alphabet = .standard) -> String {
    let last = alphabet == .standard ? "+/" : "-_"
    let digits = Array(
      ("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + last).utf8)
    var text: [UInt8] = []
    var pending: UInt32 = 0
    var bits = 0
    for byte in bytes {
      pending = pending << 8 | UInt32(byte)
      bits += 8
      while bits >= 6 {
        bits -= 6
        text.append(digits[Int(pending >> UInt32(bits)) & 63])
      }
    }
    if bits > 0 { text.append(digits[Int(pending << UInt32(6 - bits)) & 63]) }
    while !text.count.isMultiple(of: 4) { text.append(UInt8(ascii: "=")) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Calls `emit` for each decoded byte; false when the text is not base64 of that alphabet.
  public static func decode(
    _ text: UnsafeRawBufferPointer, alphabet: Alphabet, emit: (UInt8) -> Bool
  ) -> Bool {
    guard let digits = digitCount(text, alphabet: alphabet) else { return false }
    var pending: UInt32 = 0
    var bits = 0
    for index in 0..<digits {
      guard let value = value(of: text[index], alphabet: alphabet) else { return false }
      pending = pending << 6 | UInt32(value)
      bits += 6
      guard bits >= 8 else { continue }
      bits -= 8
      guard emit(UInt8(truncatingIfNeeded: pending >> UInt32(bits))) else { return false }
    }
    return pending & ((1 << UInt32(bits)) - 1) == 0
  }

  /// How many characters before the padding, nil when the padding is not what the length asks for.
  private static func digitCount(_ text: UnsafeRawBufferPointer, alphabet: Alphabet) -> Int? {
    var digits = text.count
    while digits > 0, text[digits - 1] == UInt8(ascii: "=") { digits -= 1 }
    let padding = text.count - digits
    guard digits > 0, digits % 4 != 1 else { return nil }
    let wanted = (4 - digits % 4) % 4
    return padding == wanted || (alphabet == .url && padding == 0) ? digits : nil
  }

  private static func value(of digit: UInt8, alphabet: Alphabet) -> UInt8? {
    switch digit {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+") where alphabet == .standard: 62
    case UInt8(ascii: "/") where alphabet == .standard: 63
    case UInt8(ascii: "-") where alphabet == .url: 62
    case UInt8(ascii: "_") where alphabet == .url: 63
    default: nil
    }
  }
}
