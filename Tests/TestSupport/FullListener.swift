import Foundation

/// A unix socket that listens with room for one connection, which has come, and accepts none.
public final class FullListener {
  private let listener: Int32
  private let waiting: RawClient

  public init(unixPath: String) throws {
    listener = try Sockets.unix()
    guard Sockets.bind(listener, path: unixPath), listen(listener, 0) == 0 else {
      throw FixtureError("listen: \(Sockets.message())")
    }
    waiting = try RawClient(unixPath: unixPath)
  }

  deinit { close(listener) }
}
