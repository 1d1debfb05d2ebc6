import EventLoops
import Foundation
import NIOCore
import TestSupport

@testable import Operations

/// A control server on a socket of a test's own.
final class ControlFixture: Sendable {
  private let directory: TemporaryDirectory
  private let group = EpollGroup(threads: 1)
  private let server: ControlServer

  private var path: String { directory.path + "/control" }

  init(
    captures: ControlServer.CaptureHandler? = nil, tails: Tails? = nil,
    inspect: ControlServer.InspectHandler? = nil,
    _ answer: @escaping @Sendable (ControlRequest) async -> ControlAnswer
  ) async throws {
    directory = try TemporaryDirectory()
    let descriptor = try Sockets.listening(atPath: directory.path + "/control")
    server = try await ControlServer.start(
      descriptor, group: group, handler: { await answer($0).line }, captures: captures,
      tails: tails.map { tails in
        ControlServer.TailHandler(
          begin: { tails.begin($0, seesBodies: $1.maySeeBodies, routes: TailTests.routes) },
          end: { tails.end($0) })
      }, inspect: inspect)
  }

  var client: ControlClient { ControlClient(path: path) }

  func connect() throws -> RawClient { try RawClient(unixPath: path) }

  /// One request, and all that comes back until the server closes.
  func ask(_ text: String) throws -> String {
    let client = try connect()
    client.offer(Array(text.utf8))
    return try String(decoding: client.readToEnd(), as: UTF8.self)
  }

  func stop() async throws {
    await server.close()
    try await group.shutdownGracefully()
  }
}
