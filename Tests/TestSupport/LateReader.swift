import Foundation

/// An app on a unix socket that looks at a request, answers, and takes it from the socket when it is told to: only
/// then does its client's socket have all its room again.
public final class LateReader: Sendable {
  private let listener: Int32
  private let accepted: Locked<Int>
  private let toRead: Locked<Int>

  public init(unixPath: String) throws {
    listener = try Sockets.unix()
    guard Sockets.bind(listener, path: unixPath), listen(listener, 8) == 0 else {
      throw FixtureError("\(unixPath): \(Sockets.message())")
    }
    (accepted, toRead) = (Locked(0), Locked(0))
    Thread { [listener, accepted, toRead] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        accepted.withLock { $0 += 1 }
        Thread { Self.serve(connection, toRead) }.start()
      }
    }.start()
  }

  /// Connections that have come.
  public var connections: Int { accepted.withLock { $0 } }

  /// The answered request is taken from its socket; comes back when it is.
  public func read() {
    toRead.withLock { $0 += 1 }
    _ = eventually { toRead.withLock { $0 } == 0 }
  }

  private static func serve(_ connection: Int32, _ toRead: Locked<Int>) {
    var room = [UInt8](repeating: 0, count: 65_536)
    while recv(connection, &room, room.count, Int32(MSG_PEEK)) > 0 {
      // Head and short body come by one write.
      _ = Sockets.sendAll(connection, Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8), within: 10)
      guard eventually({ toRead.withLock { $0 } > 0 }) else { break }
      _ = recv(connection, &room, room.count, 0)
      toRead.withLock { $0 -= 1 }
    }
    close(connection)
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }
}
