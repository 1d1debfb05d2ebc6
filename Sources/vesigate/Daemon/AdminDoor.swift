internal import Configuration
internal import EventLoops
internal import Glibc
internal import Listening
internal import Operations

/// The admin listener while it is open.
struct AdminDoor {
  private let server: AdminServer
  private let unixPath: String?

  static func open(_ address: ListenAddress, desk: OperatorDesk, group: EpollGroup) async throws
    -> AdminDoor
  {
    let socket: ListenSocket
    switch address {
    case .tcp(let host, let port): socket = try .tcp(host: host, port: port)
    case .unix(let path, let mode, let group):
      socket = try .unix(path: path, mode: UInt32(mode), group: group)
    case .systemd: throw ListenFailure(name: address.text, sentence: "admin takes an address of its own")
    }
    let server = try await AdminServer.start(socket.descriptor, group: group) { page in
      await desk.answer(page)
    }
    return AdminDoor(server: server, unixPath: socket.unixPath)
  }

  func stop() async {
    if let unixPath { unlink(unixPath) }
    await server.close()
  }
}
