import Foundation

/// Answers every connection on a unix socket with the same bytes, whatever is asked.
public final class UnixResponder: Sendable {
  private let listener: Int32

  public init(path: String, answer: [UInt8]) throws {
    let descriptor = try Sockets.unix()
    listener = descriptor
    guard Sockets.bind(descriptor, path: path), listen(descriptor, 8) == 0 else {
      throw FixtureError("\(path): \(Sockets.message())")
    }
    Thread {
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { return }
        var request = [UInt8](repeating: 0, count: 65_536)
        _ = recv(connection, &request, request.count, 0)
        _ = Sockets.sendAll(connection, answer, within: 10)
        close(connection)
      }
    }.start()
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }
}
