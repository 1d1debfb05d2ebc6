internal import CLinux
internal import Forwarding
internal import Gateway
internal import Glibc
internal import Listening
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import Settings
internal import Supervision
internal import Telemetry
internal import UnixSignals

/// Puts the rooms together into a running gateway: the only file that knows everyone.
struct Assembly {
  let configPath: String
  let environment: [String: String]
  let loaded: Loaded

  /// Runs until SIGTERM or SIGINT, and returns when the last delivery is done.
  func run(hangups: UnixSignalsSequence) async throws {
    let configuration = loaded.configuration
    CoreDumps.forbid()
    _ = vg_forbid_dumps()
    let sink = LogSink(format: logFormat)
    let level = Logger.Level(rawValue: configuration.log.level.rawValue) ?? .info
    GatewayLogHandler.bootstrap(sink: sink, format: logFormat, level: level)
    let logger = Logger(label: "vesigate")
    for warning in loaded.warnings { logger.warning("\(warning)") }
    warnAboutDescriptors(logger)
    defer { sink.flush(millisecondsMax: 2000) }

    let counters = Counters()
    let recorder = DeliveryLog(
      sink: sink, format: logFormat, level: level,
      deliveries: configuration.log.deliveries == .all ? .all : .refused,
      refusedPerMinuteMax: configuration.log.refusedPerMinuteMax, counters: counters)
    let sockets = try Doors.open(configuration.listen, environment: environment)

    CurlForwarder.prepareProcess()
    let files = NIOThreadPool(numberOfThreads: 1)
    files.start()
    let keeper = Keeper(
      loaded, configPath: configPath, environment: environment, files: files, logger: logger,
      counters: counters)
    let desk = LookDesk(files: files)
    desk.onLook { keeper.look(at: $0) }
    let selfDiagnosis = SelfDiagnosis(routes: loaded.snapshot.routes, logger: logger)
    let refusals = RefusalDesk(selfDiagnosis: selfDiagnosis)
    let engine = try await Engine(
      snapshot: loaded.snapshot, loops: loopCount,
      recorder: VerifiedWatch(recorder: recorder, selfDiagnosis: selfDiagnosis), refusals: refusals,
      looks: desk)
    keeper.onPublish {
      engine.adopt($0)
      selfDiagnosis.adopt($0.routes)
    }

    let status = ServiceStatus(
      notifier: SystemdNotifier(environment: environment), keeper: keeper,
      doors: sockets.map(\.name).joined(separator: " "))
    keeper.onSecretsChanged { status.secretsChanged() }
    let control = try await startControl(
      ControlDesk(keeper: keeper, engine: engine, status: status), refusals, logger)
    let gateway = GatewayService(
      engine: engine, sockets: sockets, keeper: keeper, status: status, logger: logger)
    let watch = RotationWatch(keeper: keeper, looks: desk)
    try await serve(gateway, watch, LeftOutService(log: recorder), hangups: hangups, logger: logger)
    await control?.stop()
    // First: a look under way hands what it found to the loops, and waits for them.
    try? await files.shutdownGracefully()
    await engine.shutdown()
    recorder.tellLeftOut(all: true)
    await selfDiagnosis.stop()
    logger.notice("stopped", metadata: ["summary": "\(counters.summary(logLinesDropped: sink.linesDropped))"])
  }

  private func serve(
    _ gateway: GatewayService, _ watch: RotationWatch, _ leftOut: LeftOutService,
    hangups: UnixSignalsSequence, logger: Logger
  ) async throws {
    let status = gateway.status
    let reload = ReloadService(on: hangups) { _ = await status.reload() }
    let engine = gateway.engine
    let watchdog = WatchdogService(
      environment: environment, pid: getpid(), notifier: status.notifier, logger: logger
    ) { await engine.turns() }
    // Its own remarks about states and signals are for debugging; ours are for operators.
    var quiet = logger
    quiet.logLevel = .error
    let services = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [
          .init(service: gateway),
          .init(service: reload, successTerminationBehavior: .ignore),
          .init(service: watch, successTerminationBehavior: .ignore),
          .init(service: leftOut, successTerminationBehavior: .ignore),
          .init(service: watchdog, successTerminationBehavior: .ignore),
        ],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
    try await services.run()
  }

  /// The commands' door. The default path is a convenience of the packaged service: where it cannot be had,
  /// as beside a second instance, the gateway runs without.
  private func startControl(
    _ desk: ControlDesk, _ refusals: RefusalDesk, _ logger: Logger
  ) async throws -> ControlDoor? {
    guard let path = loaded.configuration.control else { return nil }
    do {
      return try await ControlDoor.open(path, desk: desk, refusals: refusals)
    } catch let failure as ListenFailure where path == Configuration.controlDefault {
      logger.notice("no control socket, commands cannot reach this instance: \(failure)")
      return nil
    }
  }

  private var logFormat: LogFormat {
    switch loaded.configuration.log.format {
    case .auto: .automatic(environment: environment)
    case .logfmt: .logfmt
    case .json: .json
    }
  }

  private var loopCount: Int {
    switch loaded.configuration.workers {
    case .auto: NIOCore.System.coreCount
    case .count(let count): count
    }
  }

  /// A sender's connection and its upstream's each take a descriptor.
  private func warnAboutDescriptors(_ logger: Logger) {
    let limits = loaded.configuration.limits
    let needed = limits.connectionsMax + limits.inFlightMax + 64
    if let warning = DescriptorLimit.raise(needed: needed) { logger.warning("\(warning)") }
  }
}

/// The gateway as a service: doors open until shutdown, then the drain.
struct GatewayService: Service {
  let engine: Engine
  let sockets: [ListenSocket]
  let keeper: Keeper
  let status: ServiceStatus
  let logger: Logger

  func run() async throws {
    let listener = try await Listener.start(sockets, group: engine.group, workers: engine.workers) {
      tell($0)
    }
    logger.notice(
      "ready",
      metadata: [
        "version": "\(Version.number)", "listen": "\(status.doors)", "pid": "\(getpid())",
        "secrets": "\(Keeper.secrets(keeper.loaded))",
      ])
    status.started()
    try await gracefulShutdown()
    status.stopping()
    logger.notice("stopping, deliveries in flight are finished first")
    await listener.drain(secondsMax: keeper.loaded.configuration.limits.drainSecondsMax)
  }

  private func tell(_ trouble: AcceptTrouble) {
    switch trouble {
    case .began(let reason):
      logger.error(
        """
        no connection can be accepted, senders wait: \(reason) (if it is descriptors, raise LimitNOFILE= of \
        the service, or lower connections-max)
        """)
    case .ended: logger.notice("connections are accepted again")
    }
  }
}
