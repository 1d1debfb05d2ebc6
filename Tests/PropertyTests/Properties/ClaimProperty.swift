import Formats
import HTTP

@testable import Signing

/// What holds of any headers that claim a signature: an accepted claim is well-formed, said once, and the
/// signed bytes are those that the layout names. The first byte of an input chooses the layout, the rest is
/// lines of `name:value`.
enum ClaimProperty {
  static func violation(_ input: [UInt8]) -> String? {
    guard let first = input.first else { return nil }
    let layout = SignatureLayout.presets[Int(first) % SignatureLayout.presets.count].layout
    let fields = fields(Array(input.dropFirst()))
    let claim: SignatureClaim
    do throws(Unverified) { claim = try ClaimReader(layout).read(list(fields)) } catch { return nil }
    let judge = ClaimWitness(layout: layout, fields: fields)
    return judge.signatureViolation(claim) ?? judge.timestampViolation(claim) ?? judge.signedViolation(claim)
  }

  /// As Framing would hand them on: nothing in a value that may not stand there, no blanks around it.
  private static func fields(_ text: [UInt8]) -> [(name: [UInt8], value: [UInt8])] {
    text.parts(UInt8(ascii: "\n")).prefix(100).compactMap { line in
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
      let value = line[(colon + 1)...].filter { ($0 >= 0x20 || $0 == 0x09) && $0 != 0x7F }
      return (Array(line[..<colon]), value.trimmed)
    }
  }

  private static func list(_ fields: [(name: [UInt8], value: [UInt8])]) -> HeaderList {
    var list = HeaderList()
    for field in fields {
      field.name.withUnsafeBytes { name in
        field.value.withUnsafeBytes { list.append(name: name, value: $0) }
      }
    }
    return list
  }
}

/// Looks at the same fields in the plainest way there is.
private struct ClaimWitness {
  let layout: SignatureLayout
  let fields: [(name: [UInt8], value: [UInt8])]

  private func values(_ name: String) -> [[UInt8]] {
    fields.filter { $0.name.lowercased == Array(name.utf8) }.map(\.value)
  }

  private var elements: [[UInt8]] {
    guard let separator = layout.listSeparator?.asciiValue else { return values(layout.header) }
    return values(layout.header).flatMap { $0.parts(separator).map(\.trimmed) }
  }

  private func values(_ source: SignatureLayout.Source) -> [[UInt8]] {
    switch source {
    case .none: []
    case .header(let name): values(name)
    case .key(let key):
      elements.filter { $0.starts(with: Array("\(key)=".utf8)) }
        .map { Array($0.dropFirst(key.utf8.count + 1)) }
    }
  }

  func signatureViolation(_ claim: SignatureClaim) -> String? {
    guard values(layout.header).count == 1 else { return "not one signature header" }
    guard (1...SignatureClaim.signaturesMax).contains(claim.signatures.count) else {
      return "too many signatures"
    }
    for signature in claim.signatures {
      let bytes = signature.withBytes { Array($0) }
      guard bytes.count == layout.hash.digestBytes else { return "a signature of \(bytes.count) bytes" }
      guard elements.contains(where: { isWritten(bytes, $0) }) else { return "a signature nobody sent" }
    }
    return nil
  }

  /// Whether an element is the prefix and these bytes in the layout's encoding, and nothing else.
  private func isWritten(_ bytes: [UInt8], _ element: [UInt8]) -> Bool {
    guard element.starts(with: Array(layout.prefix.utf8)) else { return false }
    let digits = Array(element.dropFirst(layout.prefix.utf8.count))
    switch layout.encoding {
    case .hex: return digits.lowercased == Array(Hex.encode(bytes).utf8)
    case .base64: return digits == Array(Base64.encode(bytes).utf8)
    case .base64url:
      let padded = Array(Base64.encode(bytes, alphabet: .url).utf8)
      return digits == padded || digits == padded.filter { $0 != 0x3D }
    }
  }

  func timestampViolation(_ claim: SignatureClaim) -> String? {
    guard layout.signed.contains(.timestamp) else {
      return claim.signedAtUnixMilliseconds == nil ? nil : "an instant that nobody signed"
    }
    let values = values(layout.timestampSource)
    guard values.count == 1, let value = values.first else { return "\(values.count) timestamps" }
    guard (1...15).contains(value.count), value.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return "a timestamp that is not 1 to 15 digits"
    }
    if let digits = layout.timestampDigits, digits != value.count { return "\(value.count) digits" }
    let factor: Int64 = layout.timestampUnit == .seconds ? 1000 : 1
    guard let number = Int64(value.text), claim.signedAtUnixMilliseconds == number * factor else {
      return "another instant than was sent"
    }
    return nil
  }

  func signedViolation(_ claim: SignatureClaim) -> String? {
    let timestamp = values(layout.timestampSource).first ?? []
    let id = values(layout.idSource).first ?? []
    if layout.signed.contains(.id) {
      let isWord = id.allSatisfy { byte in
        byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || [byte].folded[0] != UInt8(ascii: "-")
      }
      guard values(layout.idSource).count == 1, (1...128).contains(id.count), isWord else {
        return "a bad id"
      }
    }
    let filled = layout.signed.text.replacing("{id}", with: id.text)
      .replacing("{timestamp}", with: timestamp.text)
    let around = filled.split(separator: "{body}", omittingEmptySubsequences: false).map { Array($0.utf8) }
    return claim.before == around[0] && claim.behind == around[1] ? nil : "other bytes are signed"
  }
}
