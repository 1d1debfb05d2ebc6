internal import Gateway
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Settings
internal import Synchronization
internal import Telemetry

/// Keeps the configuration and the secrets in force, and is the only one that replaces them: as a whole on
/// SIGHUP, one secret file when a look finds it changed. All of it happens on one file thread.
final class Keeper: Sendable {
  private struct State {
    var loaded: Loaded
    /// Files whose present state was found unusable: not read, and not reported, again until they change.
    var unusable: [String: FileIdentity] = [:]
  }

  private let state: Mutex<State>
  /// What the parts that only a restart changes were made from.
  private let started: Configuration
  private let configPath: String
  private let environment: [String: String]
  private let files: NIOThreadPool
  private let logger: Logger
  private let counters: Counters
  private let publish: Mutex<(@Sendable (Snapshot) -> Void)?> = Mutex(nil)

  /// Without a signal a changed file counts only when two looks this far apart find it the same: somebody
  /// may be in the middle of writing it.
  private static let settling = TimeAmount.milliseconds(50)
  /// After so many looks at a file that never rests, deliveries are judged by what is known.
  private static let settlingLooksMax = 20

  init(
    _ loaded: Loaded, configPath: String, environment: [String: String], files: NIOThreadPool,
    logger: Logger, counters: Counters
  ) {
    state = Mutex(State(loaded: loaded))
    started = loaded.configuration
    self.configPath = configPath
    self.environment = environment
    self.files = files
    self.logger = logger
    self.counters = counters
  }

  /// Sets how a new snapshot reaches the event loops; it must have done so when it returns.
  func onPublish(_ publish: @escaping @Sendable (Snapshot) -> Void) {
    self.publish.withLock { $0 = publish }
  }

  /// What is in force now.
  var loaded: Loaded { state.withLock { $0.loaded } }

  // MARK: SIGHUP

  /// Reads everything again: the whole of it takes effect, or nothing. Returns a sentence for the service
  /// manager.
  func reload() async -> String {
    do {
      return try await files.runIfActive { [self] in reloadNow() }
    } catch {
      return "shutting down"
    }
  }

  private func reloadNow() -> String {
    let old = state.withLock { $0.loaded }
    do throws(LoadFailure) {
      let new = try Loader.load(configPath: configPath, environment: environment, previous: old)
      take(new)
      counters.countReload(taken: true)
      report(new)
      return Keeper.summary(new)
    } catch {
      counters.countReload(taken: false)
      for problem in error.problems.all { logger.error("\(problem)") }
      logger.error("reload refused, the old configuration and secrets stay in force")
      let first = error.problems.all.first.map(String.init(describing:)) ?? ""
      return "reload refused, the old settings stay in force: \(first)"
    }
  }

  private func take(_ new: Loaded) {
    state.withLock { state in
      state.loaded = new
      state.unusable = [:]
    }
    publish.withLock { $0 }?(new.snapshot)
  }

  /// What waits for a restart is said at every reload until there is one.
  private func report(_ new: Loaded) {
    for warning in new.warnings { logger.warning("\(warning)") }
    let (before, after) = (started, new.configuration)
    if before.listen != after.listen { logger.warning("listen has changed: that needs a restart") }
    if before.workers != after.workers { logger.warning("workers has changed: that needs a restart") }
    if before.log != after.log { logger.warning("log has changed: that needs a restart") }
    logger.notice(
      "reloaded", metadata: ["generation": "\(new.snapshot.generation)", "secrets": "\(Keeper.secrets(new))"])
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

  // MARK: Looks

  /// Looks at one file; when it has changed and rests, its secrets are in force on every loop on return.
  func look(at path: String) {
    var seen = SecretFile.look(path)
    for _ in 0..<Self.settlingLooksMax {
      guard let index = changed(path, to: seen), let identity = seen else { return }
      FileThread.sleep(Self.settling)
      seen = SecretFile.look(path)
      if seen == identity, reread(index, path, identity) { return }
    }
  }

  /// The file's position, when what was seen is neither what is in force nor what was refused already.
  private func changed(_ path: String, to seen: FileIdentity?) -> Int? {
    guard let seen else { return nil }
    return state.withLock { state in
      let loaded = state.loaded
      guard let index = loaded.configuration.secretFiles.firstIndex(where: { $0.path == path }),
        loaded.identities[index] != seen, state.unusable[path] != seen
      else { return nil }
      return index
    }
  }

  /// Whether the file has been dealt with: taken, or refused and reported.
  private func reread(_ index: Int, _ path: String, _ identity: FileIdentity) -> Bool {
    let old = state.withLock { $0.loaded }
    do throws(LoadFailure) {
      let new = try old.rereading(secretFile: index)
      guard new.identities[index] == identity else { return false }
      state.withLock { $0.loaded = new }
      guard new.snapshot !== old.snapshot else { return true }
      publish.withLock { $0 }?(new.snapshot)
      logger.notice(
        "secret file has changed, taken without a signal",
        metadata: ["file": "\(path)", "secrets": "\(Keeper.secrets(new))"])
    } catch {
      // Judged halfway through another change: that one is looked at next.
      guard SecretFile.look(path) == identity else { return false }
      state.withLock { $0.unusable[path] = identity }
      for problem in error.problems.all { logger.error("\(problem)") }
      logger.error("the changed secret file is refused, its old secrets stay in force")
    }
    return true
  }
}
