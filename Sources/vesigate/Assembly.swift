internal import CLinux
internal import Gateway
internal import Glibc
internal import Listening
internal import Logging
internal import ServiceLifecycle
internal import Settings
internal import Supervision
internal import UnixSignals

/// Puts the rooms together into a running gateway: what is made (`Parts`), who hears of what (`Parts.wire`),
/// what is served, and in which order it stops.
struct Assembly {
  let configPath: String
  let environment: [String: String]
  let loaded: Loaded

  /// Runs until SIGTERM or SIGINT, and returns when the last delivery is done.
  func run(hangups: UnixSignalsSequence) async throws {
    prepareProcess()
    let logs = Logs(loaded.configuration.log, environment: environment)
    defer { logs.flush() }
    tellWarnings(logs.logger)
    let sockets = try Doors.open(loaded.configuration.listen, environment: environment)
    let names = sockets.map(\.name).joined(separator: " ")
    let parts = try await Parts(self, listeningOn: names, logs)
    parts.wire()
    let office = try await Office.open(loaded.configuration, parts, logs.logger)
    try await serve(sockets, parts, hangups, logs)
    await office.close()
    await parts.stop(logs)
  }

  /// What holds for the whole process: secrets stay out of core dumps, large blocks go back to the kernel.
  private func prepareProcess() {
    CoreDumps.forbid()
    _ = vg_forbid_dumps()
    vg_return_large_blocks()
  }

  private func tellWarnings(_ logger: Logger) {
    for warning in loaded.warnings { logger.warning("\(warning)") }
    // A sender's connection and its upstream's each take a descriptor.
    let limits = loaded.configuration.limits
    let needed = limits.connectionsMax + limits.inFlightMax + 64
    if let warning = DescriptorLimit.raise(needed: needed) { logger.warning("\(warning)") }
  }

  /// Until SIGTERM or SIGINT: then the gateway drains, and the rest ends with it.
  private func serve(
    _ sockets: [ListenSocket], _ parts: Parts, _ hangups: UnixSignalsSequence, _ logs: Logs
  ) async throws {
    let gateway = GatewayService(
      engine: parts.engine, sockets: sockets, keeper: parts.keeper, readiness: parts.readiness,
      status: parts.status, logger: logs.logger)
    let others = besides(parts, hangups, logs)
    // Its own remarks about states and signals are for debugging; ours are for operators.
    var quiet = logs.logger
    quiet.logLevel = .error
    let services = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [.init(service: gateway)]
          + others.map { .init(service: $0, successTerminationBehavior: .ignore) },
        gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
    try await services.run()
  }

  /// What is done beside the deliveries.
  private func besides(_ parts: Parts, _ hangups: UnixSignalsSequence, _ logs: Logs) -> [any Service] {
    [
      ReloadService(on: hangups) { _ = await parts.status.reload() },
      WatchdogService(
        environment: environment, pid: getpid(), notifier: parts.status.notifier, logger: logs.logger
      ) { await parts.engine.turns() },
      RotationWatch(keeper: parts.keeper, looks: parts.looks),
      OperatorWatch(desk: parts.operators, logger: logs.logger),
      LeftOutService(log: logs.deliveries),
    ]
  }
}
