internal import CLinux
internal import Forwarding
internal import Gateway
internal import Glibc
internal import Listening
internal import Logging
internal import Metrics
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
    vg_return_large_blocks()
    let sink = LogSink(format: logFormat)
    let level = Logger.Level(rawValue: configuration.log.level.rawValue) ?? .info
    GatewayLogHandler.bootstrap(sink: sink, format: logFormat, level: level)
    let logger = Logger(label: "vesigate")
    for warning in loaded.warnings { logger.warning("\(warning)") }
    warnAboutDescriptors(logger)
    defer { sink.flush(millisecondsMax: 2000) }

    let log = DeliveryLog(
      sink: sink, format: logFormat, level: level,
      deliveries: configuration.log.deliveries == .all ? .all : .refused,
      refusedPerMinuteMax: configuration.log.refusedPerMinuteMax)
    let sockets = try Doors.open(configuration.listen, environment: environment)

    CurlForwarder.prepareProcess()
    let files = NIOThreadPool(numberOfThreads: 1)
    files.start()
    let keeper = Keeper(
      loaded, configPath: configPath, environment: environment, files: files, logger: logger)
    let desk = LookDesk(files: files)
    desk.onLook { keeper.look(at: $0) }
    let selfDiagnosis = SelfDiagnosis(routes: loaded.snapshot.routes, logger: logger)
    let refusals = RefusalDesk(selfDiagnosis: selfDiagnosis)
    let engine = try await Engine(
      snapshot: loaded.snapshot, loops: loopCount,
      log: VerifiedWatch(recorder: log, selfDiagnosis: selfDiagnosis), refusals: refusals, looks: desk)
    keeper.onPublish {
      engine.adopt($0)
      selfDiagnosis.adopt($0.routes)
    }

    let status = ServiceStatus(
      notifier: SystemdNotifier(environment: environment), keeper: keeper,
      doors: sockets.map(\.name).joined(separator: " "))
    keeper.onSecretsChanged { status.secretsChanged() }
    let readiness = Readiness()
    let operators = OperatorDesk(
      keeper: keeper, engine: engine, readiness: readiness, startedAt: Clocks.now().unixMilliseconds,
      logLines: { (sink.linesDropped, log.linesLeftOut) })
    let office = Office()
    let control = try await startControl(
      ControlDesk(keeper: keeper, engine: engine, operators: operators, status: status), refusals, office,
      logger)
    let admin = try await startAdmin(operators, office, logger)
    let gateway = GatewayService(
      engine: engine, sockets: sockets, keeper: keeper, readiness: readiness, status: status,
      logger: logger)
    let watches: [any Service] = [
      RotationWatch(keeper: keeper, looks: desk), OperatorWatch(desk: operators, logger: logger),
      LeftOutService(log: log),
    ]
    try await serve(gateway, watches, hangups: hangups, logger: logger)
    await control?.stop()
    await admin?.stop()
    await office.close()
    // First: a look under way hands what it found to the loops, and waits for them.
    try? await files.shutdownGracefully()
    let tallies = await engine.shutdown()
    log.tellLeftOut(all: true)
    await selfDiagnosis.stop()
    let summary = tallies.summary(reloads: keeper.reloads, logLinesDropped: sink.linesDropped)
    logger.notice("stopped", metadata: ["summary": "\(summary)"])
  }

  private func serve(
    _ gateway: GatewayService, _ watches: [any Service], hangups: UnixSignalsSequence, logger: Logger
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
          .init(service: watchdog, successTerminationBehavior: .ignore),
        ] + watches.map { .init(service: $0, successTerminationBehavior: .ignore) },
        gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
    try await services.run()
  }

  /// The commands' door. The default path is a convenience of the packaged service: where it cannot be had,
  /// as beside a second instance, the gateway runs without.
  private func startControl(
    _ desk: ControlDesk, _ refusals: RefusalDesk, _ office: Office, _ logger: Logger
  ) async throws -> ControlDoor? {
    guard let path = loaded.configuration.control else { return nil }
    do {
      return try await ControlDoor.open(path, desk: desk, refusals: refusals, office: office)
    } catch let failure as ListenFailure where path == Configuration.controlDefault {
      logger.notice("no control socket, commands cannot reach this instance: \(failure)")
      return nil
    }
  }

  /// Metrics and health. As with the control socket, only the default address may be missing.
  private func startAdmin(
    _ desk: OperatorDesk, _ office: Office, _ logger: Logger
  ) async throws -> AdminDoor? {
    guard let address = loaded.configuration.admin else { return nil }
    do {
      return try await AdminDoor.open(address, desk: desk, office: office)
    } catch let failure as ListenFailure where address == Configuration.adminDefault {
      logger.notice("no admin socket, metrics and health of this instance cannot be read: \(failure)")
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
  let readiness: Readiness
  let status: ServiceStatus
  let logger: Logger

  func run() async throws {
    let listener = try await Listener.start(sockets, group: engine.group, workers: engine.workers) {
      tell($0)
    }
    readiness.advance(to: .listening)
    logger.notice(
      "ready",
      metadata: [
        "version": "\(Version.number)", "listen": "\(status.doors)", "pid": "\(getpid())",
        "secrets": "\(Keeper.secrets(keeper.loaded))",
      ])
    status.started()
    try await gracefulShutdown()
    readiness.advance(to: .draining)
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
