internal import Configuration
internal import EventLoops
internal import Gateway
internal import Glibc
internal import Listening
internal import Operations

/// The control socket while it is open.
struct ControlDoor {
  private let server: ControlServer
  private let path: String

  static func open(
    _ path: String, desk: ControlDesk, captures: Captures, group: EpollGroup
  ) async throws -> ControlDoor {
    let socket = try ListenSocket.unix(path: path, mode: 0o660, group: nil)
    let server = try await ControlServer.start(
      socket.descriptor, group: group, handler: { await desk.line($0) },
      captures: { captures.capture($0, routes: desk.keeper.loaded.snapshot.routes) })
    return ControlDoor(server: server, path: path)
  }

  func stop() async {
    unlink(path)
    await server.close()
  }
}
