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
    let isTold = forEachEntry(of: "x-forwarded-for", in: headers) { walk.take(Address(node: $0)) }
    if !isTold {
      _ = forEachEntry(of: "forwarded", in: headers) {
        walk.take($0.forwardedNode.flatMap(Address.init(node:)))
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
  private(set) var client: Address?

  init(trusted: TrustedProxies, hopsLeft: Int) {
    self.trusted = trusted
    self.hopsLeft = hopsLeft
  }

  /// Whether the entry to the left of this one is vouched for.
  mutating func take(_ address: Address?) -> Bool {
    guard let address else { return false }
    client = address
    hopsLeft -= 1
    return hopsLeft > 0 && trusted.contains(address)
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
