/// Whom the log calls the sender: the socket's peer, or what a trusted proxy says of its own peer.
enum ClientAddress {
  /// Walks `X-Forwarded-For` from the right for as long as trusted proxies vouch for the next entry.
  static func text(peer: Peer, headers: HeaderList, trusted: TrustedProxies) -> String {
    guard trusted.contains(peer) else { return peer.text }
    var client = peer.text
    for entry in forwardedFor(headers).reversed() {
      guard let address = Address(text: entry) else { break }
      client = address.text
      guard trusted.contains(Peer(address: address)) else { break }
    }
    return client
  }

  private static func forwardedFor(_ headers: HeaderList) -> [String] {
    var entries: [String] = []
    for index in headers.fields.indices {
      headers.withField(index) { name, value in
        guard name.equalsIgnoringCase("x-forwarded-for") else { return }
        value.forEachElement(separator: UInt8(ascii: ",")) { element in
          entries.append(String(decoding: element, as: UTF8.self))
          return true
        }
      }
    }
    return entries
  }
}
