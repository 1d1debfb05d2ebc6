public import Configuration
internal import EventLoops
internal import Gateway
internal import Glibc
internal import Listening
public import Logging
internal import NIOCore

/// Where people and monitors are answered: the control socket and the admin listener, on an event loop of
/// their own. Deliveries have theirs: a scrape takes no time from them but that of a copy.
public struct OperationsListeners: Sendable {
  /// Connections at once, to both.
  public static let connectionsMax = ControlServer.connectionsMax + AdminServer.connectionsMax

  private let group = EpollGroup(threads: 1, named: "operators")
  private var control: ControlServer?
  private var admin: AdminServer?
  /// Of the sockets that are open.
  private var unixPaths: [String] = []

  /// - Throws: where an address that was asked for cannot be had. The defaults are a convenience of the packaged
  ///   service: beside a second instance, say, the gateway runs without them.
  public static func open(
    _ configuration: Configuration, gateway: any OperatedGateway, collector: StatusCollector,
    captures: Captures, tails: Tails, logger: Logger
  ) async throws -> OperationsListeners {
    var listeners = OperationsListeners()
    if let path = configuration.control {
      let handler = ControlHandler(gateway, collector: collector)
      do {
        try await listeners.openControl(path, handler, gateway, captures, tails)
      } catch let failure as ListenFailure where path == Configuration.controlDefault {
        logger.warning(
          "no control socket, commands cannot reach this instance: \(failure); control names another place")
      }
    }
    if let address = configuration.admin {
      do {
        try await listeners.openAdmin(address, collector)
      } catch let failure as ListenFailure where address == Configuration.adminDefault {
        logger.notice("no admin socket, metrics and health of this instance cannot be read: \(failure)")
      }
    }
    return listeners
  }

  public func close() async {
    for path in unixPaths { unlink(path) }
    await control?.close()
    await admin?.close()
    try? await group.shutdownGracefully()
  }

  private mutating func openControl(
    _ path: String, _ handler: ControlHandler, _ gateway: any OperatedGateway, _ captures: Captures,
    _ tails: Tails
  ) async throws {
    let socket = try ListenSocket.unix(path: path, mode: 0o660, group: nil)
    control = try await ControlServer.start(
      socket.descriptor, group: group, handler: { await handler.line($0) },
      captures: { captures.capture($0, routes: gateway.state.loaded.snapshot.routes) },
      queue: { await gateway.queue($0, by: $1).line },
      quarantine: { await gateway.quarantine($0, by: $1).line },
      tails: ControlServer.TailHandler(
        begin: { request, caller in
          tails.begin(
            request, seesBodies: caller.maySeeBodies, routes: gateway.state.loaded.snapshot.routes)
        }, end: { tails.end($0) }))
    unixPaths.append(path)
  }

  private mutating func openAdmin(_ address: ListenAddress, _ collector: StatusCollector) async throws {
    let socket = try Self.socket(address)
    admin = try await AdminServer.start(socket.descriptor, group: group) { await collector.answer($0) }
    if let path = socket.unixPath { unixPaths.append(path) }
  }

  private static func socket(_ address: ListenAddress) throws(ListenFailure) -> ListenSocket {
    switch address {
    case .tcp(let host, let port): try .tcp(host: host, port: port)
    case .unix(let path, let mode, let group): try .unix(path: path, mode: UInt32(mode), group: group)
    case .systemd: throw ListenFailure(name: address.text, sentence: "admin takes an address of its own")
    }
  }
}
