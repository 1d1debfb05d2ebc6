import Foundation

/// A port on which connecting neither succeeds nor fails: its queue is full and nobody accepts.
public final class StalledListener {
  public let port: UInt16
  private var descriptors: [Int32] = []

  public init() throws {
    let listener = try Sockets.tcp()
    descriptors.append(listener)
    guard Sockets.bind(listener, port: 0), listen(listener, 0) == 0 else {
      throw FixtureError("listen: \(Sockets.message())")
    }
    port = Sockets.port(of: listener)
    for _ in 0..<8 {
      let filler = try Sockets.tcp()
      descriptors.append(filler)
      _ = fcntl(filler, F_SETFL, O_NONBLOCK)
      _ = Sockets.connect(filler, port: port)
    }
    usleep(50_000)
  }

  deinit { for descriptor in descriptors { close(descriptor) } }
}
