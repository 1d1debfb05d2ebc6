internal import Configuration
internal import Formats
internal import Gateway
public import Logging
public import ServiceLifecycle
internal import Synchronization
internal import Telemetry

/// Looks at the counters every ten seconds: for the rates of `vesigate status`, and for clocks that drift
/// apart, which is said before the first delivery is refused for it.
public struct StatusSampler: Service {
  private let collector: StatusCollector
  private let logger: Logger

  /// Between two warnings about the same route.
  private static let silenceSeconds: Int64 = 3600

  public init(_ collector: StatusCollector, logger: Logger) {
    self.collector = collector
    self.logger = logger
  }

  public func run() async throws {
    try? await cancelWhenGracefulShutdown {
      var warned: [String: Int64] = [:]
      while !Task.isCancelled {
        let counters = await collector.gateway.counters()
        collector.history.withLock { $0.add(counters, at: collector.now().unixMilliseconds) }
        warn(collector.clockFindings(counters, collector.gateway.state.loaded), &warned)
        try await Task.sleep(for: .seconds(10))
      }
    }
  }

  private func warn(_ findings: [ClockFinding], _ warned: inout [String: Int64]) {
    let now = collector.now().unixMilliseconds
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
