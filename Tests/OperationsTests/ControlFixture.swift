import EventLoops
import Foundation
import NIOCore
import Synchronization
import TestSupport

@testable import Operations

/// A control server on a socket of a test's own.
final class ControlFixture: Sendable {
  private let directory: TemporaryDirectory
  private let group = EpollGroup(threads: 1)
  private let server: ControlServer

  private var path: String { directory.path + "/control" }

  init(captures: ControlServer.CaptureDesk? = nil, _ desk: @escaping ControlServer.Desk) async throws {
    directory = try TemporaryDirectory()
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let text = directory.path + "/control"
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: text.utf8) }
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0, listen(descriptor, 64) == 0 else { throw FixtureError("no control socket") }
    server = try await ControlServer.start(
      descriptor, group: group, desk: desk, captures: captures)
  }

  func connect() throws -> RawClient { try RawClient(unixPath: path) }

  /// One request, and all that comes back until the server closes.
  func ask(_ text: String) throws -> String {
    let client = try connect()
    client.offer(Array(text.utf8))
    return String(decoding: client.readSome(for: 60), as: UTF8.self)
  }

  func stop() async throws {
    await server.close()
    try await group.shutdownGracefully()
  }
}

/// Holds whoever waits until it is opened.
final class Latch: Sendable {
  private let state = Mutex((isOpen: false, waiting: 0))

  var waiting: Int { state.withLock { $0.waiting } }

  func open() { state.withLock { $0.isOpen = true } }

  func wait() async {
    state.withLock { $0.waiting += 1 }
    while !state.withLock({ $0.isOpen }) { try? await Task.sleep(for: .milliseconds(5)) }
  }
}
