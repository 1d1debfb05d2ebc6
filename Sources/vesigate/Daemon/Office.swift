internal import Configuration
internal import EventLoops
internal import Listening
internal import Logging
internal import NIOCore
internal import Operations

/// Where people and monitors are answered: the control socket and the admin listener, on an event loop of
/// their own. Deliveries have theirs: a scrape takes no time from them but that of a copy.
struct Office {
  /// Connections at once, to both.
  static let callersMax = ControlServer.connectionsMax + AdminServer.connectionsMax

  let group = EpollGroup(threads: 1, named: "operators")
  private var control: ControlDoor?
  private var admin: AdminDoor?

  static func open(_ configuration: Configuration, _ parts: Parts, _ logger: Logger) async throws -> Office {
    var office = Office()
    office.control = try await office.openControl(configuration.control, parts, logger)
    office.admin = try await office.openAdmin(configuration.admin, parts.operators, logger)
    return office
  }

  func close() async {
    await control?.stop()
    await admin?.stop()
    try? await group.shutdownGracefully()
  }

  /// The commands' door. The default path is a convenience of the packaged service: where it cannot be had,
  /// as beside a second instance, the gateway runs without.
  private func openControl(_ path: String?, _ parts: Parts, _ logger: Logger) async throws -> ControlDoor? {
    guard let path else { return nil }
    let desk = ControlDesk(
      keeper: parts.keeper, engine: parts.engine, operators: parts.operators, status: parts.status)
    do {
      return try await ControlDoor.open(path, desk: desk, captures: parts.captures, group: group)
    } catch let failure as ListenFailure where path == Configuration.controlDefault {
      logger.warning("no control socket, commands cannot reach this instance: \(failure)")
      return nil
    }
  }

  /// Metrics and health. As with the control socket, only the default address may be missing.
  private func openAdmin(
    _ address: ListenAddress?, _ desk: OperatorDesk, _ logger: Logger
  ) async throws -> AdminDoor? {
    guard let address else { return nil }
    do {
      return try await AdminDoor.open(address, desk: desk, group: group)
    } catch let failure as ListenFailure where address == Configuration.adminDefault {
      logger.notice("no admin socket, metrics and health of this instance cannot be read: \(failure)")
      return nil
    }
  }
}
