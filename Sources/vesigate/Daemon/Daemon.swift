internal import CLinux
internal import Configuration
internal import EventLoops
internal import Formats
internal import Forwarding
internal import Gateway
internal import Listening
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Operations
internal import Rotation
internal import Telemetry

/// What the running gateway is made of, without its listeners: each is given those that it needs when it is made.
struct Daemon {
  /// The thread on which configuration and secret files are read.
  let files: NIOThreadPool
  let store: ConfigurationStore
  let workers: Workers
  /// The workers, for whoever accepts connections.
  let table: WorkerTable
  let watcher: SecretWatcher
  let selfDiagnosis: SelfDiagnosis
  let captures: Captures
  let readiness = Readiness()
  let status: ServiceStatus
  let operations: GatewayOperations
  let collector: StatusCollector

  /// Makes them in the order in which one needs the other. The event loops run from now on.
  init(_ assembly: Assembly, listeningOn names: [String], _ logs: Logs) async throws {
    let (loaded, logger) = (assembly.loaded, logs.logger)
    UpstreamForwarder.prepareProcess()
    files = NIOThreadPool(numberOfThreads: 1)
    files.start()
    store = ConfigurationStore(loaded)
    workers = Workers(threads: Daemon.loopCount(loaded.configuration))
    status = ServiceStatus(
      notifier: SystemdNotifier(environment: assembly.environment), store: store,
      listen: names.joined(separator: " "))
    selfDiagnosis = SelfDiagnosis(routes: loaded.snapshot.routes, logger: logger)
    captures = Captures(besides: selfDiagnosis)
    let rechecker = SecretRechecker(
      store: store, workers: workers, status: status, files: files, logger: logger)
    watcher = SecretWatcher(files: files, recheck: rechecker.recheck)
    table = try await workers.start(
      loaded.snapshot, log: VerifiedWatch(recorder: logs.deliveries, selfDiagnosis: selfDiagnosis),
      refusals: captures, looks: watcher)
    let reloader = Reloader(
      configPath: assembly.configPath, environment: assembly.environment, store: store, workers: workers,
      selfDiagnosis: selfDiagnosis, files: files, logger: logger)
    operations = GatewayOperations(
      store: store, workers: workers, reloader: reloader, rechecker: rechecker, readiness: readiness,
      status: status, logs: logs)
    collector = StatusCollector(
      operations,
      program: ProgramFacts(
        version: Version.number, libraries: CurlCall.libraryVersion, listen: names,
        startedAt: Clocks.now().unixMilliseconds),
      now: Clocks.now)
  }

  /// Ends what works in the background, and says what was done since the start.
  func stop(_ logs: Logs) async {
    // First: a look under way hands what it found to the loops, and waits for them.
    try? await files.shutdownGracefully()
    let counters = await workers.shutdown()
    logs.deliveries.tellLeftOut(all: true)
    await selfDiagnosis.stop()
    let summary = counters.summary(reloads: store.reloads, logLinesDropped: logs.sink.linesDropped)
    logs.logger.notice("stopped", metadata: ["summary": "\(summary)"])
  }

  /// How many event loops there are.
  static func loopCount(_ configuration: Configuration) -> Int {
    switch configuration.workers {
    case .auto: automaticLoopCount
    case .count(let count): count
    }
  }

  /// One for each processor that this process may use: NIO looks at the control group's quota and set, the
  /// kernel knows what `taskset` or the unit's CPUAffinity= left of them.
  private static var automaticLoopCount: Int {
    let allowed = Int(vg_processors_allowed())
    return allowed > 0 ? min(NIOCore.System.coreCount, allowed) : NIOCore.System.coreCount
  }
}
