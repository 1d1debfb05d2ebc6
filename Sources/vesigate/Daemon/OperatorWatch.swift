internal import Formats
internal import Logging
internal import ServiceLifecycle
internal import Synchronization
internal import Telemetry

/// Looks at the counters every ten seconds: for the rates of `vesigate status`, and for clocks that drift
/// apart, which is said before the first delivery is refused for it.
struct OperatorWatch: Service {
  let desk: OperatorDesk
  let logger: Logger

  /// Between two warnings about the same route.
  private static let silenceSeconds: Int64 = 3600

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      var warned: [String: Int64] = [:]
      while !Task.isCancelled {
        let counters = await desk.engine.counters()
        desk.history.withLock { $0.add(counters, at: Clocks.now().unixMilliseconds) }
        warn(desk.clockFindings(counters), &warned)
        try await Task.sleep(for: .seconds(10))
      }
    }
  }

  private func warn(_ findings: [ClockFinding], _ warned: inout [String: Int64]) {
    let now = Clocks.now().unixMilliseconds
    for finding in findings where finding.isAlarming {
      if let last = warned[finding.route], now - last < Self.silenceSeconds * 1000 { continue }
      warned[finding.route] = now
      logger.warning(
        "clocks drift apart, beyond the tolerance deliveries will be refused: \(finding.sentence)",
        metadata: ["route": "\(finding.route)", "skew_s": "\(finding.skewSeconds)"])
    }
    // What is no route any more, or in step again, begins anew.
    warned = warned.filter { entry in findings.contains { $0.route == entry.key && $0.isAlarming } }
  }
}
