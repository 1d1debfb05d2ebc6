import Foundation
import Telemetry
import TestSupport
import Testing

/// What Prometheus' own tools say of etc/, and what can be said without them.
@Suite struct RulesTests {
  @Test func `promtool accepts the alert rules`() async throws {
    try await onThread {
      let verdict = try run(["promtool", "check", "rules", Project.root + "/etc/prometheus-alerts.yaml"])
      #expect(verdict.status == 0, "\(verdict.text)")
    }
  }

  @Test func `each alert fires where it should and not where something alike happens`() async throws {
    try await onThread {
      let tests = ["Tests/OperatorsTests/alerts-test.yaml", "Tests/OperatorsTests/alerts-silence-test.yaml"]
      let verdict = try run(["promtool", "test", "rules"] + tests.map { Project.root + "/" + $0 })
      #expect(verdict.status == 0, "\(verdict.text)")
      let fired = try tests.map(Project.text).joined()
      let alerts = try Project.text("etc/prometheus-alerts.yaml").matches(of: /- alert: (\w+)/)
      #expect(alerts.count >= 5)
      for alert in alerts { #expect(fired.contains("alertname=\"\(alert.1)\""), "\(alert.1)") }
    }
  }

  @Test(arguments: ["etc/prometheus-alerts.yaml", "etc/grafana-dashboard.json"])
  func `every metric that is asked for exists`(_ path: String) throws {
    let known = Set(MetricFamily.all.flatMap { [$0.name, $0.name + "_bucket"] })
    let asked = Set(
      try Project.text(path).matches(of: /\b(?:vesigate|process)_[a-z_]+\b/).map { String($0.0) })
    #expect(asked.count > 5)
    // How the two name what is no metric.
    #expect(asked.subtracting(known).isEmpty, "\(asked.subtracting(known))")
  }

  @Test func `docs show the table of metrics`() throws {
    let text = try Project.text("docs/operations.md")
    let rows = text.split(separator: "\n").filter {
      $0.hasPrefix("| `vesigate_") || $0.hasPrefix("| `process_")
    }
    let wanted = MetricFamily.all.map { family in
      let labels = family.labels.isEmpty ? "" : "`" + family.labels.joined(separator: "`, `") + "`"
      return "| `\(family.name)` | \(family.kind.rawValue) | \(labels) | \(family.help) |"
        .replacingOccurrences(of: "|  |", with: "| |")
    }
    #expect(rows.map(String.init) == wanted)
  }
}
