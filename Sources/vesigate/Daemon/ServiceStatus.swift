internal import Configuration
internal import Formats
internal import Gateway
internal import Signing

/// What the service manager shows of the daemon, and its reload: by SIGHUP and by `vesigate reload` the same.
struct ServiceStatus: Sendable {
  let notifier: SystemdNotifier
  let keeper: Keeper
  /// Where it listens.
  let doors: String

  func started() { notifier.ready(status: "\(serving); \(secrets)") }

  /// Without a signal: a look has found a secret file changed.
  func secretsChanged() {
    notifier.status("\(serving); secrets changed at \(now); \(secrets)")
  }

  /// Reads everything again, and says what came of it before whoever asked hears it.
  func reload() async -> Keeper.Verdict {
    notifier.reloading(status: "reading configuration and secret files again")
    let verdict = await keeper.reload()
    notifier.ready(
      status: verdict.isTaken
        ? "\(serving); reloaded at \(now); \(secrets)" : "\(verdict.sentence) (at \(now))")
    return verdict
  }

  func stopping() { notifier.stopping(status: "finishing the deliveries in flight") }

  private var serving: String {
    let count = keeper.loaded.configuration.routes.count
    return "serving \(count) \(count == 1 ? "route" : "routes") on \(doors)"
  }

  private var secrets: String {
    "secrets \(Keeper.secrets(keeper.loaded)), generation \(keeper.loaded.snapshot.generation)"
  }

  private var now: String { TimeText.utc(unixMilliseconds: Clocks.now().unixMilliseconds) }
}
