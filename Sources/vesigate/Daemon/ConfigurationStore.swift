internal import Configuration
internal import Formats
internal import Gateway
internal import POSIX
internal import Queue
internal import Signing
internal import Synchronization
internal import Telemetry

/// The configuration and the secrets in force, and what is known of what could not be taken. Only a `Reloader` and a
/// `SecretRechecker` change it, both on the file thread.
final class ConfigurationStore: Sendable {
  struct State {
    var loaded: Loaded { didSet { noteRevoked(since: oldValue.snapshot) } }
    /// Fingerprints of secrets that were replaced because others had them, the newest last.
    private(set) var revoked: [String] = []
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

  init(_ loaded: Loaded) {
    let now = Clocks.now().unixMilliseconds
    var state = State(loaded: loaded)
    for set in loaded.snapshot.secrets { state.readAt[set.path] = now }
    state.reloads.takenAt = now
    self.state = Mutex(state)
    started = loaded.configuration
  }

  /// What is in force now.
  var loaded: Loaded { state.withLock { $0.loaded } }

  var reloads: StatusSnapshot.Reloads { state.withLock { $0.reloads } }

  /// Secrets that were replaced, since the start, because others had them.
  var revoked: [String] { state.withLock { $0.revoked } }

  /// Puts what a reload brought in the place of all that was.
  func adopt(_ new: Loaded) {
    let now = Clocks.now().unixMilliseconds
    state.withLock { state in
      state.loaded = new
      state.untaken = [:]
      state.reloads.taken += 1
      state.reloads.isLastTaken = true
      state.reloads.refusal = nil
      state.reloads.takenAt = now
      for set in new.snapshot.secrets { state.readAt[set.path] = now }
    }
  }

  /// - Parameter reason: where the configuration alone does not show it.
  func countRefusedReload(_ reason: String? = nil) {
    state.withLock { state in
      state.reloads.refused += 1
      state.reloads.isLastTaken = false
      state.reloads.refusal = reason
    }
  }

  /// The parts whose settings are others by now than those that they were made from.
  func restartsPending(for new: Loaded) -> [String] {
    let (before, after) = (started, new.configuration)
    let changed = [
      ("listen", before.listen != after.listen), ("control", before.control != after.control),
      ("admin", before.admin != after.admin), ("inspector", before.inspector != after.inspector),
      ("workers", before.workers != after.workers),
      ("log", before.log != after.log), ("store", before.store != after.store),
    ]
    return changed.filter(\.1).map { "\($0.0) has changed: that needs a restart" }
  }
}

extension ConfigurationStore.State {
  fileprivate mutating func noteRevoked(since old: Snapshot) {
    for set in old.secrets {
      guard let new = loaded.snapshot.secrets.first(where: { $0.path == set.path }), set.isRevoked(by: new)
      else { continue }
      let gone = set.fingerprints.filter { !new.fingerprints.contains($0) && !revoked.contains($0) }
      revoked = (revoked + gone).suffix(Store.revokedMax)
    }
  }
}

extension Loaded {
  /// One sentence about it.
  var summary: String {
    let routes = configuration.routes.count
    let counted = "\(routes) \(routes == 1 ? "route" : "routes")"
    return "\(counted), \(secretsSummary), generation \(snapshot.generation)"
  }

  /// The fingerprints of every file's secrets, the current one first.
  var secretsSummary: String {
    snapshot.secrets.prefix(8).map { set in
      let name = set.path.split(separator: "/").last.map(String.init) ?? set.path
      return "\(name)=\(set.fingerprints.joined(separator: ","))"
    }.joined(separator: " ")
  }
}
