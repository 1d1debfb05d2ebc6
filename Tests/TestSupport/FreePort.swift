import Foundation

/// Ports on 127.0.0.1 that nobody listens on, no two alike within this process, nor in another one that runs
/// tests beside it: between the choice of a port and the moment that a gateway listens there it is nobody's.
/// Each process has blocks of ports of its own; a block is held by a socket whose name is the block's.
public enum FreePort {
  // Below the range from which the kernel takes ports for outgoing connections.
  private static let first: UInt16 = 20_000
  private static let blockSize: UInt16 = 100
  private static let blockCount: UInt16 = 120

  private struct Held {
    var descriptors: [Int32] = []
    var block = UInt16.random(in: 0..<blockCount)
    /// The next port's place in the block; a block that is used up, or none yet, has this many.
    var place = blockSize
  }

  private static let held = Locked(Held())

  public static func take() throws -> UInt16 {
    for _ in 0..<2_000 {
      guard let port = held.withLock({ next(&$0) }) else { throw FixtureError("no block of ports is free") }
      let descriptor = try Sockets.tcp()
      defer { close(descriptor) }
      if Sockets.bind(descriptor, port: port) { return port }
    }
    throw FixtureError("no free port")
  }

  private static func next(_ held: inout Held) -> UInt16? {
    if held.place == blockSize {
      guard let (block, descriptor) = freeBlock(after: held.block) else { return nil }
      held.block = block
      held.descriptors.append(descriptor)
      held.place = 0
    }
    defer { held.place += 1 }
    return first + held.block * blockSize + held.place
  }

  /// The next that no process holds; it is held from now on until this process ends.
  private static func freeBlock(after last: UInt16) -> (UInt16, Int32)? {
    for step in 1...blockCount {
      let block = (last + step) % blockCount
      guard let descriptor = try? Sockets.unix() else { return nil }
      if Sockets.bind(descriptor, abstract: "vesigate-tests-ports-\(block)") { return (block, descriptor) }
      close(descriptor)
    }
    return nil
  }
}
