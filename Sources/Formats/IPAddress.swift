/// An IP address as bytes: 4 for IPv4, 16 for IPv6. An IPv4 address mapped into IPv6 counts as IPv4.
public struct IPAddress: Sendable, Equatable, Hashable {
  public let bytes: [UInt8]

  /// Nil unless there are 4 or 16 bytes.
  public init?(bytes: [UInt8]) {
    let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
    switch bytes.count {
    case 4: self.bytes = bytes
    case 16: self.bytes = bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
    default: return nil
    }
  }

  public init?(text: String) {
    var text = text
    guard let address = text.withUTF8({ IPAddress(bytesOf: UnsafeRawBufferPointer($0)) }) else { return nil }
    self = address
  }

  /// Without a string: forwarding fields bring many.
  public init?(bytesOf text: UnsafeRawBufferPointer) {
    guard text.count <= Self.textBytesMax, let bytes = IPAddress.parseIPv4(text) ?? IPAddress.parseIPv6(text)
    else {
      return nil
    }
    self.init(bytes: bytes)
  }

  /// Six groups of four digits and a dotted IPv4 address.
  private static let textBytesMax = 45

  public var isIPv6: Bool { bytes.count == 16 }

  public var text: String {
    guard isIPv6 else { return bytes.map(String.init).joined(separator: ".") }
    return IPAddress.textIPv6(bytes)
  }

  private static func parseIPv4(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    var bytes: [UInt8] = []
    var value = 0
    var digits = 0
    for byte in text {
      if byte.isASCIIDigit {
        // No leading zeros: some readers take them for octal.
        guard digits == 0 || value > 0 else { return nil }
        value = value * 10 + Int(byte &- 0x30)
        digits += 1
        guard value <= 255 else { return nil }
      } else {
        guard byte == UInt8(ascii: "."), digits > 0, bytes.count < 3 else { return nil }
        bytes.append(UInt8(value))
        value = 0
        digits = 0
      }
    }
    guard digits > 0, bytes.count == 3 else { return nil }
    return bytes + [UInt8(value)]
  }

  /// Colon-separated groups, the last of which may be a dotted IPv4 address, with at most one `::`.
  private static func parseIPv6(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    let colon = UInt8(ascii: ":")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(16)
    /// Bytes before the `::`.
    var gap: Int?
    var index = 0
    if text.count >= 2, text[0] == colon, text[1] == colon {
      gap = 0
      index = 2
    }
    while index < text.count {
      let end = text[index...].firstIndex(of: colon) ?? text.count
      let part = UnsafeRawBufferPointer(rebasing: text[index..<end])
      guard let group = group(part, isLast: end == text.count), bytes.count + group.count <= 16 else {
        return nil
      }
      bytes += group
      guard end < text.count else { break }
      index = end + 1
      // No colon ends an address, but for that of a `::`.
      guard index < text.count else { return nil }
      guard text[index] == colon else { continue }
      guard gap == nil else { return nil }
      gap = bytes.count
      index += 1
    }
    guard let gap else { return bytes.count == 16 ? bytes : nil }
    guard bytes.count <= 14 else { return nil }
    bytes.insert(contentsOf: repeatElement(0, count: 16 - bytes.count), at: gap)
    return bytes
  }

  private static func group(_ text: UnsafeRawBufferPointer, isLast: Bool) -> [UInt8]? {
    if isLast, text.contains(UInt8(ascii: ".")) { return parseIPv4(text) }
    guard (1...4).contains(text.count) else { return nil }
    var value = 0
    for byte in text {
      guard let digit = Hex.value(of: byte) else { return nil }
      value = value << 4 | Int(digit)
    }
    return [UInt8(value >> 8), UInt8(value & 255)]
  }

  /// RFC 5952: lower case, no leading zeros, the longest run of at least two zero groups as `::`.
  private static func textIPv6(_ bytes: [UInt8]) -> String {
    let groups = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
    var best = 0..<0
    var index = 0
    while index < 8 {
      var end = index
      while end < 8, groups[end] == 0 { end += 1 }
      if end - index > max(best.count, 1) { best = index..<end }
      index = max(end, index + 1)
    }
    let texts = groups.map { String($0, radix: 16) }
    guard !best.isEmpty else { return texts.joined(separator: ":") }
    return texts[..<best.lowerBound].joined(separator: ":") + "::"
      + texts[best.upperBound...].joined(separator: ":")
  }
}
