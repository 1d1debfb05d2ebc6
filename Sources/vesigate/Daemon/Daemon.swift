internal import Configuration
internal import Formats
internal import Forwarding
internal import Gateway
internal import Glibc
internal import Listening
internal import Logging
internal import NIOPosix
internal import Operations
internal import POSIX
internal import Rotation
internal import ServiceLifecycle
internal import Telemetry
internal import UnixSignals

/// The running gateway: what it is made of, what it serves, and in which order it stops.
///
/// Who needs whom stands here alone: whoever is made is given those that it needs, and looks for nobody.
struct Daemon {
  /// What it is started with.
  struct Start {
    let configPath: String
    let environment: [String: String]
    let loaded: Loaded
  }

  private let start: Start
  private let logs: Logs
  private let sockets: [ListenSocket]
  /// The thread on which configuration and secret files are read.
  private let files: NIOThreadPool
  private let store: ConfigurationStore
  private let workers: Workers
  /// The workers, for whoever accepts connections.
  private let table: WorkerTable
  private let watcher: SecretWatcher
  private let selfDiagnosis: SelfDiagnosis
  private let durable: DurableDelivery
  private let captures: Captures
  private let tails: Tails
  /// What the inspector shows of deliveries, stored or not.
  private let recent: RecentDeliveries
  private let readiness = Readiness()
  private let status: ServiceStatus
  private let operations: GatewayOperations
  private let collector: StatusCollector

  /// Runs until SIGTERM or SIGINT, and returns when the last delivery is done.
  ///
  /// - Throws: `ListenFailure` where an address cannot be had, `StoreFault` where the store cannot, and what
  ///   else keeps it from serving.
  static func run(_ start: Start, hangups: UnixSignalsSequence) async throws {
    ProcessSetup.prepare()
    let configuration = start.loaded.configuration
    let logs = Logs(configuration.log, configPath: start.configPath, environment: start.environment)
    defer { logs.flush() }
    tellWarnings(start.loaded, logs.logger)
    let sockets = try ListenSocket.open(configuration.listen, environment: start.environment)
    for advice in SocketUnit.advice(sockets, listen: configuration.listen) {
      logs.logger.warning("\(advice)")
    }
    let daemon = try await Daemon(start, sockets.all, logs)
    do {
      let listeners = try await daemon.listenToOperators()
      try await daemon.serve(hangups)
      await listeners.close()
    } catch {
      // Otherwise its next start would take this one for a crash.
      daemon.durable.close()
      throw error
    }
    await daemon.stop()
  }

  private static func tellWarnings(_ loaded: Loaded, _ logger: Logger) {
    for warning in loaded.warnings { logger.warning("\(warning)") }
    if let warning = DescriptorLimit.raise(needed: descriptorsMax(loaded)) { logger.warning("\(warning)") }
  }

  /// How many may be open at once before one of the limits, or of the bounds that are fixed, says no.
  private static func descriptorsMax(_ loaded: Loaded) -> Int {
    let (configuration, loops) = (loaded.configuration, loaded.configuration.workers.loops)
    return DescriptorLimit.least(workers: loops, listening: configuration.listen.count)
      + OperationsListeners.connectionsMax
      + Listener.descriptorsMax(configuration.limits)
      + UpstreamForwarder.descriptorsMax(configuration.limits, loaded.snapshot.routes, loops: loops)
      + DurableDelivery.descriptorsMax(configuration)
  }

  // MARK: What it is made of

  /// Makes them in the order in which one needs the other. The event loops run from now on.
  private init(_ start: Start, _ sockets: [ListenSocket], _ logs: Logs) async throws {
    let (loaded, logger) = (start.loaded, logs.logger)
    self.start = start
    self.sockets = sockets
    self.logs = logs
    UpstreamForwarder.prepareProcess()
    files = NIOThreadPool(numberOfThreads: 1)
    files.start()
    store = ConfigurationStore(loaded)
    workers = Workers(threads: loaded.configuration.workers.loops)
    status = ServiceStatus(
      notifier: SystemdNotifier(environment: start.environment), store: store,
      listen: sockets.map(\.name).joined(separator: " "))
    selfDiagnosis = SelfDiagnosis(routes: loaded.snapshot.routes, logger: logger)
    captures = Captures(besides: selfDiagnosis)
    let fields = DeliveryFields(logged: loaded.configuration.log.fields)
    tails = Tails(fields: fields)
    let inspector = loaded.configuration.inspector ?? InspectorSettings()
    recent = RecentDeliveries(
      deliveriesMax: inspector.recentDeliveriesMax, bytesMax: inspector.recentBytesMax)
    // Otherwise with the first page that somebody opens: who does not look pays nothing.
    if inspector.isConfigured { recent.begin() }
    let rechecker = SecretRechecker(
      store: store, workers: workers, status: status, files: files, logger: logger)
    watcher = SecretWatcher(files: files, recheck: rechecker.recheck)
    let log = VerifiedWatch(
      recorder: TailWatch(recorder: logs.deliveries, tails: tails, recent: recent),
      selfDiagnosis: selfDiagnosis)
    table = try await workers.start(
      loaded.snapshot, log: log, fields: fields, refusals: captures, looks: watcher)
    durable = DurableDelivery(workers: workers, logger: logger)
    try durable.start(loaded)
    durable.adopt(loaded.snapshot.routes)
    for warning in durable.strays(loaded.snapshot.routes) { logger.warning("\(warning)") }
    let reloader = Reloader(
      configPath: start.configPath, environment: start.environment, store: store, workers: workers,
      selfDiagnosis: selfDiagnosis, durable: durable, files: files, logger: logger)
    operations = GatewayOperations(
      store: store, workers: workers, durable: durable, reloader: reloader, rechecker: rechecker,
      readiness: readiness,
      status: status, logs: logs, tests: TestSender(workers: workers, logger: logger))
    collector = StatusCollector(operations, program: Daemon.facts(sockets), now: Clocks.now)
  }

  private static func facts(_ sockets: [ListenSocket]) -> ProgramFacts {
    ProgramFacts(
      version: Version.number, libraries: CurlCall.libraryVersion, listen: sockets.map(\.name),
      startedAt: Clocks.now().unixMilliseconds)
  }

  // MARK: What it serves

  private func listenToOperators() async throws -> OperationsListeners {
    try await OperationsListeners.open(
      start.loaded.configuration, gateway: operations, collector: collector, captures: captures,
      tails: tails, recent: recent, logger: logs.logger)
  }

  /// Until SIGTERM or SIGINT: then the gateway drains, and the rest ends with it.
  private func serve(_ hangups: UnixSignalsSequence) async throws {
    let gateway = GatewayService(
      workers: workers, table: table, sockets: sockets, store: store, durable: durable, readiness: readiness,
      status: status, logger: logs.logger)
    // Its own remarks about states and signals are for debugging; ours are for operators.
    var quiet = logs.logger
    quiet.logLevel = .error
    let services = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [.init(service: gateway)]
          + besides(hangups).map { .init(service: $0, successTerminationBehavior: .ignore) },
        gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
    try await services.run()
  }

  /// What is done beside the deliveries.
  private func besides(_ hangups: UnixSignalsSequence) -> [any Service] {
    [
      ReloadService(on: hangups) { [operations] in _ = await operations.reload() },
      WatchdogService(
        environment: start.environment, pid: getpid(), notifier: status.notifier, logger: logs.logger
      ) { [workers] in await workers.turns() },
      RotationWatch(store: store, watcher: watcher),
      StatusSampler(collector, logger: logs.logger),
      LeftOutService(log: logs.deliveries),
      DurableWatch(durable: durable, store: store, files: files, logger: logs.logger),
      QuarantineWatch(releaser: durable.releaser, store: store, logger: logs.logger),
    ]
  }

  // MARK: How it ends

  /// Ends what works in the background, and says what was done since the start.
  private func stop() async {
    // First: a look under way hands what it found to the loops, and waits for them.
    try? await files.shutdownGracefully()
    durable.close()
    let counters = await workers.shutdown()
    logs.deliveries.tellLeftOut(all: true)
    await selfDiagnosis.stop()
    let summary = counters.summary(reloads: store.reloads, logLinesDropped: logs.sink.linesDropped)
    logs.logger.notice("stopped", metadata: ["summary": "\(summary)"])
  }
}
