internal import Gateway
internal import Operations
internal import Synchronization
internal import Telemetry

/// The running gateway as operators see it.
struct GatewayOperations: OperatedGateway {
  let keeper: Keeper
  let engine: Engine
  let readiness: Readiness
  let status: ServiceStatus
  let logs: Logs

  var phase: ServicePhase { readiness.phase }

  var state: GatewayState {
    let state = keeper.state.withLock { $0 }
    return GatewayState(
      loaded: state.loaded, summary: Keeper.summary(state.loaded), reloads: state.reloads,
      readAt: state.readAt,
      untaken: Dictionary(uniqueKeysWithValues: state.untaken.map { ($0.key, $0.value.remark(on: $0.key)) }),
      restartsPending: keeper.restartsPending(for: state.loaded))
  }

  var admission: Admission { engine.admission }

  var logLines: LogLineCounts {
    LogLineCounts(dropped: logs.sink.linesDropped, leftOut: logs.deliveries.linesLeftOut)
  }

  func counters() async -> Counters { await engine.counters() }

  /// What came of it is said to the service manager before whoever asked hears it.
  func reload() async -> ReloadOutcome {
    status.reloading()
    let outcome = await keeper.reload()
    status.reloaded(outcome)
    return outcome
  }

  func recheckSecrets() async { await keeper.lookAtAll() }

  func judgesByOlderSecrets() async -> Bool { await engine.judgesByOlderSecrets() }
}
