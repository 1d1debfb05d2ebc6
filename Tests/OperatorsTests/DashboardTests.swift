import Foundation
import TestSupport
import Testing

/// A real Prometheus that scrapes a gateway under load: every query of the dashboard returns data. It takes
/// the better part of a minute; `make test-operators` runs it.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["TEST_OPERATORS"] != nil))
struct DashboardTests {
  @Test func `every query of the dashboard returns data from a Prometheus that scraped a load run`()
    async throws
  {
    try await onThread {
      let upstream = try RecordingUpstream()
      let admin = try FreePort.take()
      let durable = "durable: true\ndedupe: none\nquarantine: {release: manual}"
      let gateway = try GatewayProcess(
        config: GatewayConfig.text(
          upstreams: [upstream.url()],
          top: "admin: {listen: 127.0.0.1:\(admin)}\n"
            + "store: {sqlite: {dir}/queue.db, seal-key-file: {dir}/seal.key, disk-free-bytes-min: 0}")
          + "\n" + GatewayConfig.route("/durable", upstreams: [upstream.url()], durable)
      )
      let prometheus = try Prometheus(scraping: admin)
      defer { prometheus.stop() }
      let end = Date(timeIntervalSinceNow: 20)
      while Date() < end {
        #expect(try gateway.post(SignedRequest()) == 200)
        #expect(try gateway.post(SignedRequest().with { $0.secret = "another" }) == 401)
        #expect(try gateway.post(SignedRequest().with { $0.target = "/unknown" }) == 404)
        let kept = SignedRequest().with { $0.target = "/durable" }
        #expect(try gateway.post(kept) == 200)
        #expect(try gateway.post(kept.with { $0.secret = "another" }) == 401)
        usleep(100_000)
      }
      let queries = try Self.queries()
      #expect(queries.count >= 30)
      for query in queries {
        let values = try prometheus.values(query)
        #expect(!values.isEmpty, "\(query)")
        #expect(values.contains { !$0.isNaN }, "\(query)")
      }
      // What is no query of the dashboard's: that an empty answer is noticed.
      #expect(try prometheus.values("vesigate_no_such_metric").isEmpty)
      let forwarded = try prometheus.values(
        "vesigate_deliveries_total{route=\"/hook\",outcome=\"forwarded\"}")
      #expect(forwarded.first ?? 0 > 20)
      #expect(try prometheus.alerts().isEmpty)
    }
  }

  /// With the variables filled in as Grafana does for "All".
  private static func queries() throws -> [String] {
    let text = try Project.text("etc/grafana-dashboard.json")
    let board = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    let panels = board?["panels"] as? [[String: Any]] ?? []
    let targets = panels.flatMap { $0["targets"] as? [[String: Any]] ?? [] }
    return targets.compactMap { $0["expr"] as? String }.map {
      $0.replacingOccurrences(of: "$__rate_interval", with: "10s")
        .replacingOccurrences(of: "$instance", with: ".*").replacingOccurrences(of: "$route", with: ".*")
    }
  }
}

/// Debian's Prometheus on a port of its own, with the alert rules.
final class Prometheus {
  private let directory: TemporaryDirectory
  private let port: UInt16
  private let child: ChildProcess

  init(scraping admin: UInt16) throws {
    directory = try TemporaryDirectory()
    port = try FreePort.take()
    let config = try directory.write(
      "prometheus.yaml",
      """
      global: {scrape_interval: 1s, evaluation_interval: 1s}
      rule_files: [\(Project.root)/etc/prometheus-alerts.yaml]
      scrape_configs:
        - job_name: vesigate
          static_configs: [{targets: ["127.0.0.1:\(admin)"]}]
      """)
    child = try ChildProcess(
      [
        "prometheus", "--config.file=\(config)", "--storage.tsdb.path=\(directory.path)/data",
        "--web.listen-address=127.0.0.1:\(port)", "--log.level=warn",
      ], environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
    let isReady = eventually(within: 30) { (try? get("/-/ready"))?.status == 200 }
    guard isReady else { throw FixtureError("prometheus does not start: \(child.lines)") }
  }

  func stop() { child.terminate(within: 20) }

  /// What an instant query gives, one value for each series.
  func values(_ query: String) throws -> [Double] {
    let allowed = CharacterSet.alphanumerics
    let encoded = query.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
    let answer = try object("/api/v1/query?query=\(encoded)")
    guard answer["status"] as? String == "success", let data = answer["data"] as? [String: Any],
      let result = data["result"] as? [[String: Any]]
    else { throw FixtureError("\(query): \(answer)") }
    return result.compactMap { ($0["value"] as? [Any])?.last as? String }.compactMap(Double.init)
  }

  /// The names of those that fire.
  func alerts() throws -> [String] {
    let data = try object("/api/v1/alerts")["data"] as? [String: Any]
    let alerts = data?["alerts"] as? [[String: Any]] ?? []
    return alerts.filter { $0["state"] as? String == "firing" }
      .compactMap { ($0["labels"] as? [String: String])?["alertname"] }
  }

  private func object(_ path: String) throws -> [String: Any] {
    let body = Data(try get(path).body)
    return try JSONSerialization.jsonObject(with: body) as? [String: Any] ?? [:]
  }

  private func get(_ path: String) throws -> RawResponse {
    let client = try RawClient(port: port)
    try client.send("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    return try client.response(to: "GET")
  }
}
