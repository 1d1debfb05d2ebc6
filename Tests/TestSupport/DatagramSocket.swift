import Foundation

/// A unix datagram socket in the place of journald or of the service manager: what comes waits until a test takes it.
public final class DatagramSocket: Sendable {
  /// As NOTIFY_SOCKET names it: a path, or `@` and a name that is no file.
  public let name: String
  private let descriptor: Int32
  private let directory: TemporaryDirectory?

  /// A name of its own.
  public convenience init(abstract: Bool = false) throws {
    let directory = try TemporaryDirectory()
    try self.init(name: (abstract ? "@" : "") + directory.path + "/socket", in: directory)
  }

  public convenience init(path: String) throws { try self.init(name: path, in: nil) }

  private init(name: String, in directory: TemporaryDirectory?) throws {
    self.name = name
    self.directory = directory
    descriptor = try Sockets.unix(SOCK_DGRAM)
    guard Sockets.bind(descriptor, name: name) else { throw FixtureError("\(name): \(Sockets.message())") }
  }

  deinit {
    close(descriptor)
    if !name.hasPrefix("@") { unlink(name) }
  }

  /// The next datagram; nil when none came in time.
  public func next(millisecondsMax: Int32 = 0) -> [UInt8]? {
    guard Sockets.wait(descriptor, POLLIN, Double(millisecondsMax) / 1000) else { return nil }
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return Array(buffer[..<max(count, 0)])
  }

  /// The next as a text; one that was sent before is there at once.
  public func message(millisecondsMax: Int32 = 60_000) throws -> String {
    guard let bytes = next(millisecondsMax: millisecondsMax) else { throw FixtureError("nothing was told") }
    return String(decoding: bytes, as: UTF8.self)
  }
}
