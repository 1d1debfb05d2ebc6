public import Formats

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
    return contains(address)
  }

  func contains(_ address: IPAddress) -> Bool { blocks.contains { $0.contains(address) } }
}
