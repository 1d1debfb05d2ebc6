public import Configuration
internal import EventLoops
internal import Gateway
internal import Glibc
internal import Listening
public import Logging
internal import NIOCore
internal import POSIX

/// Where people and monitors are answered: the control socket, the admin listener and the inspector, on an event loop
/// of their own. Deliveries have theirs: a scrape takes no time from them but that of a copy.
public struct OperationsListeners: Sendable {
  /// Connections at once, to all of them.
  public static let connectionsMax =
    ControlServer.connectionsMax + AdminServer.connectionsMax + InspectorServer.connectionsMax

  private let group = EpollGroup(threads: 1, named: "operators")
  private var control: ControlServer?
  private var admin: AdminServer?
  private var inspector: InspectorServer?
  /// Of the sockets that are open.
  private var unixPaths: [String] = []

  /// - Parameter recent: what the inspector shows beside what is stored.
  /// - Throws: where an address that was asked for cannot be had. The defaults are a convenience of the packaged
  ///   service: beside a second instance, say, the gateway runs without them.
  public static func open(
    _ configuration: Configuration, gateway: any OperatedGateway, collector: StatusCollector,
    captures: Captures, tails: Tails, recent: RecentDeliveries, logger: Logger
  ) async throws -> OperationsListeners {
    var listeners = OperationsListeners()
    let source = InspectorGateway(gateway, collector: collector, recent: recent)
    let invitation = try await listeners.openInspector(configuration.inspector, source, logger)
    if let path = configuration.control {
      let handler = ControlHandler(gateway, collector: collector)
      do {
        try await listeners.openControl(path, handler, gateway, captures, tails, invitation)
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
    await inspector?.close()
    try? await group.shutdownGracefully()
  }

  private mutating func openControl(
    _ path: String, _ handler: ControlHandler, _ gateway: any OperatedGateway, _ captures: Captures,
    _ tails: Tails, _ invitation: InspectorInvitation
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
        }, end: { tails.end($0) }),
      inspect: { invitation.answer(to: $0).line })
    unixPaths.append(path)
  }

  private mutating func openAdmin(_ address: ListenAddress, _ collector: StatusCollector) async throws {
    let socket = try Self.socket(address)
    admin = try await AdminServer.start(socket.descriptor, group: group) { await collector.answer($0) }
    if let path = socket.unixPath { unixPaths.append(path) }
  }

  /// - Returns: how others get there.
  private mutating func openInspector(
    _ settings: InspectorSettings?, _ source: any InspectorSource, _ logger: Logger
  ) async throws -> InspectorInvitation {
    let (login, uptime) = (
      InspectorLogin(), { @Sendable in Int64(Clocks.uptimeNanoseconds() / 1_000_000_000) }
    )
    guard let settings else {
      return InspectorInvitation(settings: nil, login: login, logger: logger, uptime: uptime)
    }
    let inspector = Inspector(source: source, jobs: InspectorJobs(source: source))
    let door = InspectorDoor(settings, login: login, inspector: inspector, logger: logger, uptime: uptime)
    do {
      let socket = try Self.socket(settings.listen)
      self.inspector = try await InspectorServer.start(socket.descriptor, group: group, door: door)
      if let path = socket.unixPath { unixPaths.append(path) }
    } catch let failure as ListenFailure where settings.listen == InspectorSettings.listenDefault {
      logger.notice("no inspector socket, nobody can look at this instance's deliveries: \(failure)")
      return InspectorInvitation(
        settings: nil, absence: "this instance has no inspector: \(failure)", login: login, logger: logger,
        uptime: uptime)
    }
    return InspectorInvitation(settings: settings, login: login, logger: logger, uptime: uptime)
  }

  private static func socket(_ address: ListenAddress) throws(ListenFailure) -> ListenSocket {
    switch address {
    case .tcp(let host, let port): try .tcp(host: host, port: port)
    case .unix(let path, let mode, let group): try .unix(path: path, mode: UInt32(mode), group: group)
    case .systemd: throw ListenFailure(name: address.text, sentence: "it takes an address of its own")
    }
  }
}
