import Foundation
import TestSupport
import Testing

@Suite struct AdminTests {
  private func gateway(_ route: String = "", workers: Int = 2) throws -> (GatewayProcess, RecordingUpstream) {
    let upstream = try RecordingUpstream()
    return (try .observed([upstream.url()], route: route, workers: workers), upstream)
  }

  @Test func `promtool finds nothing to say about the metrics`() async throws {
    try await onThread {
      let (gateway, upstream) = try gateway()
      defer { upstream.stop() }
      #expect(try gateway.post(SignedRequest()) == 200)
      let path = try gateway.directory.write("metrics", try gateway.scrape().text)
      let verdict = try run(["sh", "-c", "promtool check metrics < \(path) 2>&1"])
      #expect(verdict.status == 0 && verdict.text.isEmpty, "\(verdict.text)")
      let broken = try run(["sh", "-c", "sed 's/ counter$/ gauge/' \(path) | promtool check metrics 2>&1"])
      #expect(broken.status != 0)
    }
  }

  @Test func `only GET and HEAD are answered, and unknown paths are named`() async throws {
    try await onThread {
      let (gateway, _) = try gateway()
      #expect(try gateway.get("/healthz").text == "ok\n")
      #expect(try gateway.get("/metrics?x=1").status == 200)
      let head = try gateway.get("/metrics", method: "HEAD")
      #expect(head.status == 200 && head.body.isEmpty)
      #expect(head.head.value("content-type") == "text/plain; version=0.0.4; charset=utf-8")
      #expect(Int(head.head.value("content-length") ?? "") ?? 0 > 1000)
      let missing = try gateway.get("/")
      #expect(missing.status == 404 && missing.text.contains("/metrics, /healthz, /readyz"))
      for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let answer = try gateway.get("/metrics", method: method)
        #expect(answer.status == 405 && answer.head.value("allow") == "GET, HEAD")
      }
      let client = try gateway.admin()
      try client.send("GET /metrics\u{0} HTTP/1.1\r\n\r\n")
      #expect(try client.response().status == 400)
    }
  }

  @Test func `several requests ahead on one connection are answered in their order`() async throws {
    try await onThread {
      let (gateway, _) = try gateway()
      let client = try gateway.admin()
      let one = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
      try client.send(one + "HEAD /metrics HTTP/1.1\r\nHost: a\r\n\r\n" + one)
      #expect(try client.response().text == "ok\n")
      #expect(try client.response(to: "HEAD").head.value("content-type")?.contains("0.0.4") == true)
      #expect(try client.response().text == "ok\n")
    }
  }

  @Test func `readers beyond the bound are closed, and the others go on being answered`() async throws {
    try await onThread {
      let (gateway, _) = try gateway()
      let idle = try (0..<32).map { _ in try gateway.admin() }
      // Each has its place once it was answered.
      for client in idle {
        try client.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.response().status == 200)
      }
      #expect(try gateway.admin().isClosedByPeer(within: 10))
      try idle[3].send("GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try idle[3].response().text == "ready\n")
      for client in idle { client.close() }
      #expect(eventually(within: 10) { (try? gateway.get("/healthz").status) == 200 })
    }
  }

  @Test func `readiness names what should not stay so, and is over while deliveries are finished`()
    async throws
  {
    try await onThread {
      let latch = Latch()
      let upstream = try RecordingUpstream { _ in latch.held() }
      let gateway = try GatewayProcess.observed([upstream.url()], route: "observe: true")
      let ready = try gateway.get("/readyz")
      #expect(ready.status == 200)
      #expect(ready.text == "ready\nnote: route /hook observes: what fails verification is forwarded too\n")
      let client = try gateway.connect()
      try client.send(SignedRequest().bytes)
      _ = try upstream.requests(atLeast: 1)
      gateway.signal(SIGTERM)
      #expect(eventually(within: 5) { (try? gateway.get("/readyz").status) == 503 })
      latch.open()
      #expect(try client.response().status == 200)
      #expect(gateway.waitForExit(within: 20) == 0)
    }
  }

  @Test func `a reload that is refused and a secret file that is unusable stand in metrics and readiness`()
    async throws
  {
    try await onThread {
      let (gateway, _) = try gateway()
      #expect(try gateway.scrape()["vesigate_config_last_reload_successful"] == 1)
      try gateway.directory.write("secret", "")
      // A forgery that looks genuine brings a look at the file.
      #expect(try gateway.post(SignedRequest().with { $0.secret = "another" }) == 401)
      let file = "{secret_file=\"\(gateway.directory.path)/secret\"}"
      #expect(eventually(within: 10) { (try? gateway.scrape()["vesigate_secret_file_usable" + file]) == 0 })
      #expect(try gateway.command("reload").status == 78)
      let scrape = try gateway.scrape()
      #expect(scrape["vesigate_config_last_reload_successful"] == 0)
      #expect(scrape["vesigate_config_reloads_total{result=\"refused\"}"] == 1)
      let notes = try gateway.get("/readyz").text
      #expect(notes.hasPrefix("ready\n"))
      #expect(notes.contains("secret has changed and is refused"))
      #expect(notes.contains("the last reload was refused"))
      try gateway.directory.write("secret", GatewayProcess.secret + "\n")
      #expect(try gateway.command("reload").status == 0)
      #expect(try gateway.get("/readyz").text == "ready\n")
      #expect(try gateway.scrape()["vesigate_config_last_reload_successful"] == 1)
    }
  }

  @Test func `connections that end without a delivery are counted by the bound that they reached`()
    async throws
  {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try GatewayProcess.observed(
        [upstream.url()], top: "limits: {idle-seconds-max: 1, body-bytes-max: 10}\n")
      let silent = try gateway.connect()
      #expect(silent.isClosedByPeer(within: 15))
      // Ready before there is a connection, which must not be idle.
      let lines =
        ["POST /hook HTTP/1.1", "Host: a"] + SignedRequest().signatureLines + [
          "Content-Length: 80000000", "", "",
        ]
      let bytes = Array(lines.joined(separator: "\r\n").utf8) + [UInt8](repeating: 7, count: 80_000_000)
      let large = try gateway.connect()
      large.offer(bytes)
      #expect(try large.response().status == 413)
      // It neither goes on nor closes its side.
      let waiting = try gateway.connect()
      try waiting.send(SignedRequest(bytes: [UInt8](repeating: 7, count: 11)).head)
      #expect(try waiting.response().status == 413)
      let name = "vesigate_connections_ended_total"
      #expect(
        eventually(within: 20) { (try? gateway.scrape())?[name + "{reason=\"lingering-seconds\"}"] == 1 })
      let scrape = try gateway.scrape()
      #expect(scrape[name + "{reason=\"idle-seconds-max\"}"] == 1)
      #expect(scrape[name + "{reason=\"lingering-bytes\"}"] == 1)
      #expect(scrape[name + "{reason=\"reply-seconds-max\"}"] == 0)
      #expect(
        scrape[
          "vesigate_delivery_reasons_total{route=\"none\",outcome=\"refused\",reason=\"connections-max\"}"]
          == 0)
    }
  }

  @Test func `connections that cannot be accepted are counted`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let directory = try TemporaryDirectory()
      let port = try FreePort.take()
      let config = GatewayConfig.text(
        upstreams: [upstream.url()], top: "control: none\nadmin: {listen: unix:{dir}/admin.sock}", workers: 1)
      let filled = config.replacing("{port}", with: "\(port)").replacing("{dir}", with: directory.path)
      let path = try directory.write("vesigate.yaml", filled)
      try directory.write("secret", GatewayProcess.secret + "\n")
      let binary = try GatewayBinary.path()
      let child = try ChildProcess(
        ["prlimit", "--nofile=48:48", binary, "run", "--config", path], environment: ["PATH": "/usr/bin:/bin"]
      )
      _ = try child.waitForLine(containing: "msg=ready", within: 30)
      let clients = try (0..<60).map { _ in try RawClient(port: port) }
      _ = try child.waitForLine(containing: "no connection", within: 30)
      for client in clients { client.close() }
      var count = 0.0
      _ = eventually(within: 30) {
        guard let client = try? RawClient(unixPath: directory.path + "/admin.sock") else { return false }
        try? client.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
        guard let text = try? client.response(within: 2).text else { return false }
        count = Scrape(text)["vesigate_accept_failures_total"] ?? 0
        return count > 0
      }
      #expect(count >= 1)
    }
  }

  @Test func `many routes and any number of unknown paths keep the number of series bounded`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let routes = (0..<300).map { GatewayConfig.route("/r\($0)", upstreams: [upstream.url("/r\($0)")]) }
      let gateway = try GatewayProcess.observed([upstream.url()], more: routes.joined())
      let before = try gateway.scrape().samples.count
      for turn in 0..<50 {
        #expect(try gateway.post(SignedRequest().with { $0.target = "/u\(turn)" }) == 404)
      }
      #expect(try gateway.post(SignedRequest().with { $0.target = "/r299" }) == 200)
      let scrape = try gateway.scrape()
      // One more: the reason no-such-path.
      #expect(scrape.samples.count == before + 1)
      #expect(scrape["vesigate_deliveries_total{route=\"none\",outcome=\"refused\"}"] == 50)
      #expect(scrape["vesigate_deliveries_total{route=\"other\",outcome=\"forwarded\"}"] == 1)
      #expect(scrape["vesigate_upstream_attempts_total{upstream=\"other\",result=\"2xx\"}"] == 1)
    }
  }
}
