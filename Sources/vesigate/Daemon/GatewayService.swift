internal import CLinux
internal import Configuration
internal import Gateway
internal import Glibc
internal import Listening
internal import Logging
internal import Operations
internal import ServiceLifecycle

/// The gateway as a service: doors open until shutdown, then the drain.
struct GatewayService: Service {
  let workers: Workers
  let table: WorkerTable
  let sockets: [ListenSocket]
  let store: ConfigurationStore
  let durable: DurableDelivery
  let readiness: Readiness
  let status: ServiceStatus
  let logger: Logger

  func run() async throws {
    let listener = try await Listener.start(sockets, group: workers.group, workers: table) {
      tell($0)
    }
    readiness.advance(to: .listening)
    logger.notice(
      "ready",
      metadata: [
        "version": "\(Version.number)", "listen": "\(status.listen)", "pid": "\(getpid())",
        "secrets": "\(store.loaded.secretsSummary)",
      ])
    status.started()
    vg_forget_text()
    try await gracefulShutdown()
    readiness.advance(to: .draining)
    status.stopping()
    logger.notice("stopping, deliveries in flight are finished first")
    durable.beginDraining()
    let secondsMax = store.loaded.configuration.limits.drainSecondsMax
    let end = ContinuousClock.now + .seconds(secondsMax)
    await listener.drain(secondsMax: secondsMax)
    await durable.drain(until: end)
  }

  private func tell(_ trouble: AcceptTrouble) {
    switch trouble {
    case .began(let reason):
      logger.error(
        """
        no connection can be accepted, senders wait: \(reason) (if it is descriptors, raise LimitNOFILE= of \
        the service, or lower connections-max)
        """)
    case .ended: logger.notice("connections are accepted again")
    }
  }
}
