internal import Configuration
internal import Formats
internal import Gateway
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Operations
internal import POSIX
internal import Signing
internal import Synchronization
internal import Telemetry

/// Keeps the configuration and the secrets in force, and is the only one that replaces them: as a whole on
/// SIGHUP, one secret file when a look finds it changed. All of it happens on one file thread.
final class Keeper: Sendable {
  struct State {
    var loaded: Loaded
    /// Files that have changed and were not taken.
    var untaken: [String: UntakenFile] = [:]
    /// When each file was read last, Unix milliseconds.
    var readAt: [String: Int64] = [:]
    var reloads = StatusSnapshot.Reloads()
    /// Rotations that were reported as unfinished, by the instant they began.
    var unfinishedReported: Set<Int64> = []
  }

  let state: Mutex<State>
  /// What the parts that only a restart changes were made from.
  private let started: Configuration
  private let configPath: String
  private let environment: [String: String]
  let files: NIOThreadPool
  let logger: Logger
  let publish = Subscription<Snapshot>()
  let changed = Subscription<Void>()

  init(
    _ loaded: Loaded, configPath: String, environment: [String: String], files: NIOThreadPool,
    logger: Logger
  ) {
    var state = State(loaded: loaded)
    for set in loaded.snapshot.secrets { state.readAt[set.path] = Clocks.now().unixMilliseconds }
    state.reloads.takenAt = Clocks.now().unixMilliseconds
    self.state = Mutex(state)
    started = loaded.configuration
    self.configPath = configPath
    self.environment = environment
    self.files = files
    self.logger = logger
  }

  /// Sets how a new snapshot reaches the event loops; it must have done so when it returns.
  func onPublish(_ publish: @escaping @Sendable (Snapshot) -> Void) {
    self.publish.subscribe(publish)
  }

  /// Sets who is told when a look, not a reload, has brought new secrets.
  func onSecretsChanged(_ changed: @escaping @Sendable () -> Void) {
    self.changed.subscribe { changed() }
  }

  /// What is in force now.
  var loaded: Loaded { state.withLock { $0.loaded } }

  var reloads: StatusSnapshot.Reloads { state.withLock { $0.reloads } }

  // MARK: SIGHUP

  /// Reads everything again: the whole of it takes effect, or nothing.
  func reload() async -> ReloadOutcome {
    do {
      return try await files.runIfActive { [self] in reloadNow() }
    } catch {
      return ReloadOutcome(isTaken: false, sentence: "shutting down")
    }
  }

  private func reloadNow() -> ReloadOutcome {
    let old = state.withLock { $0.loaded }
    do throws(LoadFailure) {
      let new = try Loader.load(configPath: configPath, environment: environment, previous: old)
      take(new)
      let warnings = warnings(of: new)
      for warning in warnings { logger.warning("\(warning)") }
      logger.notice(
        "reloaded",
        metadata: ["generation": "\(new.snapshot.generation)", "secrets": "\(Keeper.secrets(new))"])
      return ReloadOutcome(isTaken: true, sentence: Keeper.summary(new), warnings: warnings)
    } catch {
      state.withLock { state in
        state.reloads.refused += 1
        state.reloads.isLastTaken = false
      }
      for problem in error.problems.all { logger.error("\(problem)") }
      logger.error("reload refused, the old configuration and secrets stay in force")
      let problems = error.problems.all.map(String.init(describing:)).joined(separator: "; ")
      return ReloadOutcome(
        isTaken: false, sentence: "reload refused, the old settings stay in force: \(problems)")
    }
  }

  private func take(_ new: Loaded) {
    state.withLock { state in
      state.loaded = new
      state.untaken = [:]
      state.reloads.taken += 1
      state.reloads.isLastTaken = true
      state.reloads.takenAt = Clocks.now().unixMilliseconds
      for set in new.snapshot.secrets { state.readAt[set.path] = Clocks.now().unixMilliseconds }
    }
    publish.tell(new.snapshot)
  }

  /// What waits for a restart is said at every reload until there is one.
  private func warnings(of new: Loaded) -> [String] {
    new.warnings.map { "\($0)" } + restartsPending(for: new)
  }

  /// The parts whose settings are others by now than those that they were made from.
  func restartsPending(for new: Loaded) -> [String] {
    let (before, after) = (started, new.configuration)
    let changed = [
      ("listen", before.listen != after.listen), ("control", before.control != after.control),
      ("admin", before.admin != after.admin), ("workers", before.workers != after.workers),
      ("log", before.log != after.log),
    ]
    return changed.filter(\.1).map { "\($0.0) has changed: that needs a restart" }
  }

  static func summary(_ loaded: Loaded) -> String {
    let routes = loaded.configuration.routes.count
    let counted = "\(routes) \(routes == 1 ? "route" : "routes")"
    return "\(counted), \(secrets(loaded)), generation \(loaded.snapshot.generation)"
  }

  /// The fingerprints of every file's secrets, the current one first.
  static func secrets(_ loaded: Loaded) -> String {
    loaded.snapshot.secrets.prefix(8).map { set in
      let name = set.path.split(separator: "/").last.map(String.init) ?? set.path
      return "\(name)=\(set.fingerprints.joined(separator: ","))"
    }.joined(separator: " ")
  }
}
