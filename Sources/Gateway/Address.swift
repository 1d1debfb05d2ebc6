/// An IP address as bytes: 4 for IPv4, 16 for IPv6. An IPv4 address mapped into IPv6 counts as IPv4.
public struct Address: Sendable, Equatable, Hashable {
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
    guard let bytes = Address.parseIPv4(text) ?? Address.parseIPv6(text) else { return nil }
    self.init(bytes: bytes)
  }

  public var isIPv6: Bool { bytes.count == 16 }

  public var text: String {
    guard isIPv6 else { return bytes.map(String.init).joined(separator: ".") }
    return Address.textIPv6(bytes)
  }

  private static func parseIPv4(_ text: String) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      // No leading zeros: some readers take them for octal.
      guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy(\.isASCIIDigit),
        part.utf8.count == 1 || part.utf8.first != UInt8(ascii: "0"), let byte = UInt8(part)
      else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static func parseIPv6(_ text: String) -> [UInt8]? {
    let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
    let isWhole = halves.count == 1
    guard halves.count <= 2, let head = groups(String(halves[0]), isLast: isWhole) else { return nil }
    guard !isWhole else { return head.count == 16 ? head : nil }
    guard let tail = groups(String(halves[1]), isLast: true) else { return nil }
    guard head.count + tail.count <= 14 else { return nil }
    return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
  }

  /// The bytes of colon-separated groups, the address's last of which may be a dotted IPv4 address.
  private static func groups(_ text: String, isLast: Bool) -> [UInt8]? {
    guard !text.isEmpty else { return [] }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var bytes: [UInt8] = []
    for (index, part) in parts.enumerated() {
      if isLast, index == parts.count - 1, part.utf8.contains(UInt8(ascii: ".")) {
        guard let tail = parseIPv4(String(part)) else { return nil }
        bytes += tail
        continue
      }
      guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy({ $0.isHexDigit }),
        let value = UInt16(part, radix: 16)
      else { return nil }
      bytes += [UInt8(value >> 8), UInt8(value & 255)]
    }
    return bytes
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

extension UInt8 {
  @inlinable public var isHexDigit: Bool { isASCIIDigit || (self | 0x20) &- UInt8(ascii: "a") < 6 }
}

/// A block of addresses, `192.0.2.0/24` or a single one: who counts as a trusted proxy.
public struct AddressBlock: Sendable, Equatable {
  public let address: Address
  public let prefixBits: Int

  /// Nil when the text is neither an address nor `address/bits`.
  public init?(text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = Address(text: String(parts[0])) else { return nil }
    let bitsMax = address.bytes.count * 8
    guard parts.count == 2 else {
      self.address = address
      prefixBits = bitsMax
      return
    }
    guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy(\.isASCIIDigit),
      let bits = Int(parts[1]), bits <= bitsMax
    else { return nil }
    self.address = address
    prefixBits = bits
  }

  public func contains(_ other: Address) -> Bool {
    guard other.bytes.count == address.bytes.count else { return false }
    let whole = prefixBits / 8
    guard other.bytes[..<whole].elementsEqual(address.bytes[..<whole]) else { return false }
    let rest = prefixBits % 8
    guard rest > 0 else { return true }
    let mask = UInt8(truncatingIfNeeded: 0xFF00 >> rest)
    return other.bytes[whole] & mask == address.bytes[whole] & mask
  }
}

/// The senders whose `X-Forwarded-*` and `Forwarded` fields are believed.
public struct TrustedProxies: Sendable, Equatable {
  public var blocks: [AddressBlock]
  /// Whether senders on unix sockets are trusted too.
  public var unix: Bool

  public init(blocks: [AddressBlock] = [], unix: Bool = false) {
    self.blocks = blocks
    self.unix = unix
  }

  public func contains(_ peer: Peer) -> Bool {
    guard let address = peer.address else { return unix }
    return blocks.contains { $0.contains(address) }
  }
}
