internal import Configuration
internal import Formats
internal import Gateway
internal import Logging
internal import NIOPosix
internal import Operations
internal import Queue

/// Reads configuration and secret files again, as a whole: on SIGHUP, and where a command asks for it.
struct Reloader: Sendable {
  let configPath: String
  let environment: [String: String]
  let store: ConfigurationStore
  let workers: Workers
  let selfDiagnosis: SelfDiagnosis
  let durable: DurableDelivery
  /// The thread on which files are read.
  let files: NIOThreadPool
  let logger: Logger

  /// The whole of it takes effect, on every loop, or nothing.
  func reload() async -> ReloadOutcome {
    do {
      return try await files.runIfActive { reloadNow() }
    } catch {
      return ReloadOutcome(isTaken: false, sentence: "shutting down")
    }
  }

  private func reloadNow() -> ReloadOutcome {
    do throws(LoadFailure) {
      let new = try Loader.load(configPath: configPath, environment: environment, previous: store.loaded)
      if let fault = prepareStore(new) { return refused([fault.sentence], because: fault.sentence) }
      store.adopt(new)
      workers.adopt(new.snapshot)
      durable.adopt(new.snapshot.routes)
      selfDiagnosis.adopt(new.snapshot.routes)
      return taken(new)
    } catch {
      return refused(error.problems.all.map { "\($0)" })
    }
  }

  private func prepareStore(_ new: Loaded) -> StoreFault? {
    do throws(StoreFault) {
      try durable.reload(new)
      return nil
    } catch {
      return error
    }
  }

  private func refused(_ problems: [String], because reason: String? = nil) -> ReloadOutcome {
    store.countRefusedReload(reason)
    for problem in problems { logger.error("\(problem)") }
    logger.error("reload refused, the old configuration and secrets stay in force")
    let told = problems.joined(separator: "; ")
    return ReloadOutcome(isTaken: false, sentence: "reload refused, the old settings stay in force: \(told)")
  }

  private func taken(_ new: Loaded) -> ReloadOutcome {
    // What waits for a restart is said at every reload until there is one.
    let warnings =
      new.warnings.map { "\($0)" } + store.restartsPending(for: new)
      + [SocketUnit().advice(for: new.configuration, at: configPath)].compactMap { $0 }
      + durable.strays(new.snapshot.routes)
    for warning in warnings { logger.warning("\(warning)") }
    logger.notice(
      "reloaded",
      metadata: ["generation": "\(new.snapshot.generation)", "secrets": "\(new.secretsSummary)"])
    return ReloadOutcome(isTaken: true, sentence: new.summary, warnings: warnings)
  }
}
