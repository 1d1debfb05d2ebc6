internal import Configuration
internal import Formats
internal import Gateway
internal import Logging
internal import POSIX
internal import Queue
internal import ServiceLifecycle
internal import Signing

/// Has what is quarantined judged again once the secrets of its route are others, however they came.
struct QuarantineWatch: Service {
  let releaser: QuarantineReleaser
  let store: ConfigurationStore
  let logger: Logger

  private static let spacing = Duration.milliseconds(250)
  /// Behind a pass that could not be made, or not to its end, milliseconds.
  private static let pauseMilliseconds: Int64 = 5_000

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      var pauses: [String: Int64] = [:]
      var said = QuarantineCounters()
      var news = QuarantineNews()
      var returned: Set<String> = []
      while !Task.isCancelled {
        try await Task.sleep(for: Self.spacing)
        if let opened = releaser.durable.store {
          let counters = opened.status.counters.quarantine
          let routes = store.loaded.snapshot.routes
          news.tell(counters, leftOut: opened.gate.leftOut, routes, at: Self.now, logger)
          await releaser.noteRevoked(store.revoked)
          tellReturned(&returned)
          tell(counters, &said)
          await look(counters, &pauses)
        }
      }
    }
    // What came since the last look: the next start has to know it.
    await releaser.noteRevoked(store.revoked)
  }

  /// - Parameter pauses: until when a route is left alone, monotonic milliseconds.
  private func look(_ counters: QuarantineCounters, _ pauses: inout [String: Int64]) async {
    guard !counters.kept.isEmpty else { return }
    let snapshot = store.loaded.snapshot
    for route in snapshot.routes.all {
      let secrets = snapshot.secrets[route.secretFileIndex]
      guard route.durable?.quarantine?.release == .auto, counters.kept(route.name).deliveries > 0,
        secrets.rotation?.isCompromised != true, counters.awaits(secrets.judgement, of: route.name),
        pauses[route.name] ?? 0 <= Self.now
      else { continue }
      pauses[route.name] =
        await release(route.name, secrets.judgement) ? nil : Self.now + Self.pauseMilliseconds
    }
  }

  /// That something has gone unheard.
  private func tell(_ counters: QuarantineCounters, _ said: inout QuarantineCounters) {
    guard counters != said else { return }
    for (key, count) in counters.results where key.result == .expired && count > said.results[key] ?? 0 {
      logger.notice(
        "deliveries that no secret has verified have been deleted for their age",
        metadata: ["route": "\(key.route)", "count": "\(count - (said.results[key] ?? 0))"])
    }
    said = counters
  }

  /// Somebody has put a secret back that others have: what they sign with it is verified.
  private func tellReturned(_ said: inout Set<String>) {
    let revoked = releaser.durable.store?.status.counters.revoked ?? []
    guard !revoked.isEmpty || !said.isEmpty else { return }
    let snapshot = store.loaded.snapshot
    let found = snapshot.secrets.filter { $0.rotation?.isCompromised != true }.flatMap { set in
      set.fingerprints.filter(revoked.contains).map { (path: set.path, secret: $0) }
    }
    for (path, secret) in found where !said.contains(secret) {
      logger.error(
        "a secret that was compromised is in force again: whoever has it is believed",
        metadata: ["file": "\(path)", "secret": "\(secret)"])
    }
    said = Set(found.map(\.secret))
  }

  private static var now: Int64 { Int64(clamping: Clocks.now().uptimeNanoseconds / 1_000_000) }

  /// Whether all of it has been judged.
  private func release(_ route: String, _ judgement: Int64) async -> Bool {
    do {
      let summary = try await releaser.release(.init(route: route, judgedOtherwise: judgement))
      tell(route, summary)
      return summary.waiting == 0
    } catch {
      logger.warning("the quarantine cannot be judged again now: \(error)", metadata: ["route": "\(route)"])
      return false
    }
  }

  private func tell(_ route: String, _ summary: QuarantineReleaser.Summary) {
    guard summary.released + summary.duplicates + summary.unverified + summary.revoked > 0 else { return }
    logger.notice(
      "the quarantine was judged by other secrets",
      metadata: [
        "route": "\(route)", "released": "\(summary.released)", "duplicate": "\(summary.duplicates)",
        "unverified": "\(summary.unverified)", "compromised": "\(summary.revoked)",
      ])
  }
}
