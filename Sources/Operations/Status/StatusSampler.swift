internal import Configuration
internal import Formats
internal import Gateway
public import Logging
public import ServiceLifecycle
internal import Synchronization
internal import Telemetry

/// Looks at the counters every ten seconds: for the rates of `vesigate status` and of the inspector, and for clocks
/// that drift apart, which is said before the first delivery is refused for it.
public struct StatusSampler: Service {
  private let collector: StatusCollector
  private let logger: Logger

  public init(_ collector: StatusCollector, logger: Logger) {
    self.collector = collector
    self.logger = logger
  }

  public func run() async throws {
    try? await cancelWhenGracefulShutdown {
      var warnings = ClockWarnings()
      while !Task.isCancelled {
        let counters = await collector.gateway.counters()
        collector.note(counters)
        let findings = collector.clockFindings(counters, collector.gateway.state.loaded)
        for finding in warnings.due(of: findings, at: collector.now().unixMilliseconds) { warn(of: finding) }
        try await Task.sleep(for: .seconds(10))
      }
    }
  }

  private func warn(of finding: ClockFinding) {
    logger.warning(
      "clocks drift apart, beyond the tolerance deliveries will be refused: \(finding.sentence)",
      metadata: ["route": "\(finding.route)", "skew_s": "\(finding.skewSeconds)"])
  }
}
