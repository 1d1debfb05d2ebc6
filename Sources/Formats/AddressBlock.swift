/// A block of addresses, `192.0.2.0/24` or a single one: who counts as a trusted proxy.
public struct AddressBlock: Sendable, Equatable {
  public let address: IPAddress
  public let prefixBits: Int

  /// Nil when the text is neither an address nor `address/bits`.
  public init?(text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = IPAddress(text: String(parts[0])) else { return nil }
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

  public func contains(_ other: IPAddress) -> Bool {
    guard other.bytes.count == address.bytes.count else { return false }
    let whole = prefixBits / 8
    guard other.bytes[..<whole].elementsEqual(address.bytes[..<whole]) else { return false }
    let rest = prefixBits % 8
    guard rest > 0 else { return true }
    let mask = UInt8(truncatingIfNeeded: 0xFF00 >> rest)
    return other.bytes[whole] & mask == address.bytes[whole] & mask
  }
}
