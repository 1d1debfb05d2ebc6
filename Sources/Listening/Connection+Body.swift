internal import Gateway
internal import HTTP
internal import NIOCore

// MARK: - The rest of a body, straight from the kernel to where it is kept

extension Connection {
  /// What is received at once and hashed then, while it is in the processor's cache.
  private static let bodyPartBytesMax = 262_144

  /// Where what comes next is to be put; nil where it is, or may be, something else than body bytes.
  func bodyRoom() -> UnsafeMutableRawBufferPointer? {
    guard machine.phase == .collecting, unread.readableBytes == 0 else { return nil }
    return exchange?.room(min(reader.bodyBytesLeft, Self.bodyPartBytesMax))
  }

  func bodyReceived(_ count: Int) {
    reader.passOver(bodyBytes: count)
    _ = exchange?.collected(count)
    process()
  }
}
