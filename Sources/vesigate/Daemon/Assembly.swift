internal import CLinux
internal import Configuration
internal import Forwarding
internal import Gateway
internal import Glibc
internal import Listening
internal import Logging
internal import Operations
internal import ServiceLifecycle
internal import UnixSignals

/// Puts the rooms together into a running gateway: what is made (`Daemon`), what is served,
/// and in which order it stops.
struct Assembly {
  let configPath: String
  let environment: [String: String]
  let loaded: Loaded

  /// Runs until SIGTERM or SIGINT, and returns when the last delivery is done.
  func run(hangups: UnixSignalsSequence) async throws {
    prepareProcess()
    warmTimers()
    let logs = Logs(loaded.configuration.log, configPath: configPath, environment: environment)
    defer { logs.flush() }
    tellWarnings(logs.logger)
    let sockets = try ListenSocket.open(loaded.configuration.listen, environment: environment)
    let daemon = try await Daemon(self, listeningOn: sockets.map(\.name), logs)
    let listeners = try await OperationsListeners.open(
      loaded.configuration, gateway: daemon.operations, collector: daemon.collector,
      captures: daemon.captures,
      logger: logs.logger)
    try await serve(sockets, daemon, hangups, logs)
    await listeners.close()
    await daemon.stop(logs)
  }

  /// What holds for the whole process: secrets stay out of core dumps, large blocks go back to the kernel.
  private func prepareProcess() {
    CoreDumps.forbid()
    _ = vg_forbid_dumps()
    vg_return_large_blocks()
  }

  /// libdispatch takes descriptors for its timers when something first waits, and ends the process where there are
  /// none left: so something waits while there are, before a sender can have taken them. Nobody waits for its end: a
  /// start depends on no clock, and some stand still.
  private func warmTimers() { Task { try? await Task.sleep(for: .milliseconds(1)) } }

  private func tellWarnings(_ logger: Logger) {
    for warning in loaded.warnings { logger.warning("\(warning)") }
    if let warning = DescriptorLimit.raise(needed: descriptorsMax) { logger.warning("\(warning)") }
  }

  /// How many may be open at once before one of the limits, or of the bounds that are fixed, says no.
  private var descriptorsMax: Int {
    let (configuration, loops) = (loaded.configuration, Daemon.loopCount(loaded.configuration))
    return DescriptorLimit.least(workers: loops, listening: configuration.listen.count)
      + OperationsListeners.connectionsMax
      + Listener.descriptorsMax(configuration.limits)
      + UpstreamForwarder.descriptorsMax(configuration.limits, loaded.snapshot.routes, loops: loops)
  }

  /// Until SIGTERM or SIGINT: then the gateway drains, and the rest ends with it.
  private func serve(
    _ sockets: [ListenSocket], _ daemon: Daemon, _ hangups: UnixSignalsSequence, _ logs: Logs
  ) async throws {
    let gateway = GatewayService(
      workers: daemon.workers, table: daemon.table, sockets: sockets, store: daemon.store,
      readiness: daemon.readiness,
      status: daemon.status, logger: logs.logger)
    let others = besides(daemon, hangups, logs)
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
  private func besides(_ daemon: Daemon, _ hangups: UnixSignalsSequence, _ logs: Logs) -> [any Service] {
    [
      ReloadService(on: hangups) { _ = await daemon.operations.reload() },
      WatchdogService(
        environment: environment, pid: getpid(), notifier: daemon.status.notifier, logger: logs.logger
      ) { await daemon.workers.turns() },
      RotationWatch(store: daemon.store, watcher: daemon.watcher),
      StatusSampler(daemon.collector, logger: logs.logger),
      LeftOutService(log: logs.deliveries),
    ]
  }
}
