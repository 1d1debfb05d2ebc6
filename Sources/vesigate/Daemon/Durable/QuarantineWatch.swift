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
      while !Task.isCancelled {
        try await Task.sleep(for: Self.spacing)
        if let counters = releaser.durable.store?.status.counters.quarantine {
          news.tell(counters, store.loaded.snapshot.routes, at: Self.now, logger)
          tell(counters, &said)
          await look(counters, &pauses)
        }
      }
    }
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
    guard summary.released + summary.duplicates + summary.unverified > 0 else { return }
    logger.notice(
      "the quarantine was judged by other secrets",
      metadata: [
        "route": "\(route)", "released": "\(summary.released)", "duplicate": "\(summary.duplicates)",
        "unverified": "\(summary.unverified)",
      ])
  }
}
