internal import Gateway

/// Whether a body looks as if a part of what a provider signs before it had been moved into it. A captured
/// delivery whose timestamp is moved into the body has the same HMAC under a layout that signs the body
/// alone: a match of this kind proves nothing about the layout.
enum Boundary {
  static func looksMoved(_ body: [UInt8]) -> Bool {
    guard let first = body.first else { return false }
    // A timestamp or its end, or the separator behind it. No JSON, XML or form begins so.
    if first.isASCIIDigit || separators.contains(first) { return true }
    let head = body.prefix(SignedValue.idBytesMax + 24)
    return beginsWithVersion(head) || beginsWithIDAndTimestamp(head)
  }

  private static let separators = Array(".:|,;-_".utf8)

  /// `v0:17`, `v1.17`
  private static func beginsWithVersion(_ body: ArraySlice<UInt8>) -> Bool {
    guard body.first == UInt8(ascii: "v") else { return false }
    let digits = body.dropFirst().prefix { $0.isASCIIDigit }
    let rest = body.dropFirst(1 + digits.count)
    guard !digits.isEmpty, let mark = rest.first, separators.contains(mark) else { return false }
    return rest.dropFirst().first?.isASCIIDigit == true
  }

  /// `msg_1.1781519012`
  private static func beginsWithIDAndTimestamp(_ body: ArraySlice<UInt8>) -> Bool {
    for index in body.indices where body[index] == UInt8(ascii: ".") || body[index] == UInt8(ascii: ":") {
      guard body[..<index].withUnsafeBytes({ SignedValue.isID($0) }) else { return false }
      return body[(index + 1)...].prefix { $0.isASCIIDigit }.count >= 9
    }
    return false
  }
}
