internal import Configuration
internal import Formats
internal import Gateway
internal import Operations
internal import Signing

/// What the service manager shows of the daemon.
struct ServiceStatus: Sendable {
  let notifier: SystemdNotifier
  let store: ConfigurationStore
  /// Where it listens.
  let listen: String

  func started() { notifier.ready(status: "\(serving); \(secrets)") }

  /// Without a signal: a look has found a secret file changed.
  func secretsChanged() {
    notifier.status("\(serving); secrets changed at \(now); \(secrets)")
  }

  func reloading() { notifier.reloading(status: "reading configuration and secret files again") }

  func reloaded(_ outcome: ReloadOutcome) {
    notifier.ready(
      status: outcome.isTaken
        ? "\(serving); reloaded at \(now); \(secrets)" : "\(outcome.sentence) (at \(now))")
  }

  func stopping() { notifier.stopping(status: "finishing the deliveries in flight") }

  private var serving: String {
    let count = store.loaded.configuration.routes.count
    return "serving \(count) \(count == 1 ? "route" : "routes") on \(listen)"
  }

  private var secrets: String {
    "secrets \(store.loaded.secretsSummary), generation \(store.loaded.snapshot.generation)"
  }

  private var now: String { TimeText.utc(unixMilliseconds: Clocks.now().unixMilliseconds) }
}
