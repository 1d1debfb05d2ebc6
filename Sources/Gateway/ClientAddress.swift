internal import Formats
internal import HTTP

/// Whom the log calls the sender: the socket's peer, or what a trusted proxy says of its own peer.
enum ClientAddress {
  /// So many proxies in a row are believed; nobody has more. What a sender writes left of them costs nothing.
  static let hopsMax = 16
  /// Longer entries are no addresses, whatever else stands beside one in `Forwarded`.
  private static let entryBytesMax = 512

  /// Walks `X-Forwarded-For`, or where there is none `Forwarded`, from the right for as long as trusted proxies
  /// vouch for the next entry.
  static func text(peer: Peer, headers: HeaderList, trusted: TrustedProxies) -> String {
    guard trusted.contains(peer) else { return peer.text }
    var walk = ProxyWalk(trusted: trusted, hopsLeft: hopsMax)
    let isTold = forEachEntry(of: "x-forwarded-for", in: headers) { walk.take(IPAddress(node: $0)) }
    if !isTold {
      _ = forEachEntry(of: "forwarded", in: headers) {
        walk.take($0.forwardedNode.flatMap(IPAddress.init(node:)))
      }
    }
    return walk.client?.text ?? peer.text
  }

  /// Calls `body` for the entries of all fields of this name, the last one first, until it returns false. Says
  /// whether there is such a field.
  private static func forEachEntry(
    of name: StaticString, in headers: HeaderList, _ body: (UnsafeRawBufferPointer) -> Bool
  ) -> Bool {
    var isFound = false
    var goesOn = true
    for index in headers.fields.indices.reversed()
    where goesOn && headers.fields[index].nameCount == name.utf8CodeUnitCount {
      headers.withField(index) { other, value in
        guard other.equalsIgnoringCase(name) else { return }
        isFound = true
        goesOn = value.forEachElementFromEnd(separator: UInt8(ascii: ","), bytesMax: entryBytesMax, body)
      }
    }
    return isFound
  }
}

private struct ProxyWalk {
  let trusted: TrustedProxies
  var hopsLeft: Int
  private(set) var client: IPAddress?

  init(trusted: TrustedProxies, hopsLeft: Int) {
    self.trusted = trusted
    self.hopsLeft = hopsLeft
  }

  /// Whether the entry to the left of this one is vouched for.
  mutating func take(_ address: IPAddress?) -> Bool {
    guard let address else { return false }
    client = address
    hopsLeft -= 1
    return hopsLeft > 0 && trusted.contains(address)
  }
}

extension IPAddress {
  /// What a forwarding field calls a client: an address, in quotes or not, IPv6 in brackets or bare, and a port
  /// that says nothing here. Fronts in the cloud add one.
  init?(node text: UnsafeRawBufferPointer) {
    let quote = UInt8(ascii: "\"")
    let isQuoted = text.count >= 2 && text.first == quote && text.last == quote
    let node = isQuoted ? UnsafeRawBufferPointer(rebasing: text[1..<text.count - 1]) : text
    guard let colon = node.lastIndex(of: UInt8(ascii: ":")), IPAddress.isPort(node[(colon + 1)...]),
      node.first == UInt8(ascii: "[")
        ? node[colon - 1] == UInt8(ascii: "]") : !node[..<colon].contains(node[colon])
    else {
      self.init(bare: node)
      return
    }
    self.init(bare: UnsafeRawBufferPointer(rebasing: node[..<colon]))
  }

  private init?(bare text: UnsafeRawBufferPointer) {
    guard text.first == UInt8(ascii: "[") else {
      self.init(bytesOf: text)
      return
    }
    guard text.last == UInt8(ascii: "]"), text.contains(UInt8(ascii: ":")) else { return nil }
    self.init(bytesOf: UnsafeRawBufferPointer(rebasing: text[1..<text.count - 1]))
  }

  private static func isPort(_ text: Slice<UnsafeRawBufferPointer>) -> Bool {
    (1...5).contains(text.count) && text.allSatisfy(\.isASCIIDigit)
  }
}

extension UnsafeRawBufferPointer {
  /// Calls `body` for each element between separators, blanks trimmed, the last one first, until it returns
  /// false or an element is longer than `bytesMax`. Says whether it came to the front.
  fileprivate func forEachElementFromEnd(
    separator: UInt8, bytesMax: Int, _ body: (UnsafeRawBufferPointer) -> Bool
  ) -> Bool {
    var end = count
    while end >= 0 {
      var start = end
      while start > 0, self[start - 1] != separator {
        start -= 1
        guard end - start <= bytesMax else { return false }
      }
      guard body(UnsafeRawBufferPointer(rebasing: self[start..<end]).trimmingBlanks) else { return false }
      end = start - 1
    }
    return true
  }

  /// What `for` says in one element of `Forwarded` (RFC 7239, section 4); nil where it says nothing.
  fileprivate var forwardedNode: UnsafeRawBufferPointer? {
    var node: UnsafeRawBufferPointer?
    forEachElement(separator: UInt8(ascii: ";")) { pair in
      guard pair.count > 4, UnsafeRawBufferPointer(rebasing: pair[..<4]).equalsIgnoringCase("for=") else {
        return true
      }
      node = UnsafeRawBufferPointer(rebasing: pair[4...])
      return false
    }
    return node
  }
}
