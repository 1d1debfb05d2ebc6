internal import CLinux
internal import Configuration
internal import EventLoops
internal import Formats
internal import Forwarding
internal import Gateway
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Operations
internal import POSIX
internal import Rotation
internal import Telemetry

/// What the running gateway is made of, without its listeners.
struct Parts {
  /// The thread on which configuration and secret files are read.
  let files: NIOThreadPool
  let keeper: Keeper
  let looks: LookDesk
  let selfDiagnosis: SelfDiagnosis
  let captures: Captures
  let engine: Engine
  let readiness = Readiness()
  let status: ServiceStatus
  let operations: GatewayOperations
  let collector: StatusCollector

  /// Makes them in the order in which one needs the other, not yet wired. The event loops run from now on.
  init(_ assembly: Assembly, listeningOn names: [String], _ logs: Logs) async throws {
    let loaded = assembly.loaded
    UpstreamForwarder.prepareProcess()
    files = NIOThreadPool(numberOfThreads: 1)
    files.start()
    keeper = Keeper(
      loaded, configPath: assembly.configPath, environment: assembly.environment, files: files,
      logger: logs.logger)
    looks = LookDesk(files: files)
    selfDiagnosis = SelfDiagnosis(routes: loaded.snapshot.routes, logger: logs.logger)
    captures = Captures(besides: selfDiagnosis)
    engine = try await Engine(
      snapshot: loaded.snapshot,
      group: EpollGroup(threads: Parts.loopCount(loaded.configuration), named: "deliveries"),
      log: VerifiedWatch(recorder: logs.deliveries, selfDiagnosis: selfDiagnosis), refusals: captures,
      looks: looks)
    status = ServiceStatus(
      notifier: SystemdNotifier(environment: assembly.environment), keeper: keeper,
      listen: names.joined(separator: " "))
    operations = GatewayOperations(
      keeper: keeper, engine: engine, readiness: readiness, status: status, logs: logs)
    collector = StatusCollector(
      operations,
      program: ProgramFacts(
        version: Version.number, libraries: CurlCall.libraryVersion, listen: names,
        startedAt: Clocks.now().unixMilliseconds),
      now: Clocks.now)
  }

  /// Who hears of what: files that changed, and a snapshot that replaces the one before.
  func wire() {
    looks.onLook { [keeper] in keeper.look(at: $0) }
    keeper.onPublish { [engine, selfDiagnosis] in
      engine.adopt($0)
      selfDiagnosis.adopt($0.routes)
    }
    keeper.onSecretsChanged { [status] in status.secretsChanged() }
  }

  /// Ends what works in the background, and says what was done since the start.
  func stop(_ logs: Logs) async {
    // First: a look under way hands what it found to the loops, and waits for them.
    try? await files.shutdownGracefully()
    let counters = await engine.shutdown()
    logs.deliveries.tellLeftOut(all: true)
    await selfDiagnosis.stop()
    let summary = counters.summary(reloads: keeper.reloads, logLinesDropped: logs.sink.linesDropped)
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
