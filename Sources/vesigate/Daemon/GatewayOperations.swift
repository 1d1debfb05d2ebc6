internal import Configuration
internal import Gateway
internal import Operations
internal import Synchronization
internal import Telemetry

/// The running gateway as operators see it.
struct GatewayOperations: OperatedGateway {
  let store: ConfigurationStore
  let workers: Workers
  let durable: DurableDelivery
  let reloader: Reloader
  let rechecker: SecretRechecker
  let readiness: Readiness
  let status: ServiceStatus
  let logs: Logs
  let tests: TestSender

  var phase: ServicePhase { readiness.phase }

  var state: GatewayState {
    let state = store.state.withLock { $0 }
    return GatewayState(
      loaded: state.loaded, summary: state.loaded.summary, reloads: state.reloads,
      readAt: state.readAt,
      untaken: Dictionary(uniqueKeysWithValues: state.untaken.map { ($0.key, $0.value.remark(on: $0.key)) }),
      restartsPending: store.restartsPending(for: state.loaded))
  }

  var admission: Admission { workers.admission }

  var logLines: LogLineCounts {
    LogLineCounts(dropped: logs.sink.linesDropped, leftOut: logs.deliveries.linesLeftOut)
  }

  var storeStatus: StatusSnapshot.Store? {
    durable.status(bytesMax: store.loaded.configuration.store.bytesMax)
  }

  func counters() async -> Counters { await workers.counters() }

  func queue(_ request: QueueRequest, by caller: QueueCaller) async -> QueueAnswer {
    await durable.questions.answer(request, by: caller)
  }

  func quarantine(_ request: QuarantineRequest, by caller: QueueCaller) async -> QuarantineAnswer {
    let questions = QuarantineQuestions(
      durable: durable, releaser: durable.releaser, rechecker: rechecker, store: store,
      logger: durable.logger)
    return await questions.answer(request, by: caller)
  }

  func sendTest(_ route: String, event: String?, by caller: QueueCaller) async -> TestDeliveryOutcome {
    guard phase == .listening else {
      return TestDeliveryOutcome(refusal: "the daemon takes no deliveries now: it is \(phase.rawValue)")
    }
    return await tests.send(route, event: event, by: caller)
  }

  /// What came of it is said to the service manager before whoever asked hears it.
  func reload() async -> ReloadOutcome {
    status.reloading()
    let outcome = await reloader.reload()
    status.reloaded(outcome)
    return outcome
  }

  func recheckSecrets() async { await rechecker.recheckAll() }

  func judgesByOlderSecrets() async -> Bool { await workers.judgesByOlderSecrets() }
}
