internal import Control
internal import Glibc
internal import Listening

/// The control socket while it is open.
struct ControlDoor {
  private let server: ControlServer
  private let path: String

  static func open(_ path: String, desk: ControlDesk, office: Office) async throws -> ControlDoor {
    let socket = try ListenSocket.unix(path: path, mode: 0o660, group: nil)
    let server = try await ControlServer.start(socket.descriptor, group: office.group) { request in
      await desk.answer(request)
    }
    return ControlDoor(server: server, path: path)
  }

  func stop() async {
    unlink(path)
    await server.close()
  }
}
