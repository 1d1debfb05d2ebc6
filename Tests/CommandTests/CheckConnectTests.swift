import Foundation
import TestSupport
import Testing

/// `check --connect` asks the upstreams, as deliveries would, and what `check` says of a place that is seldom right.
@Suite(.ownThread) struct CheckConnectTests {
  let fixture: CommandFixture

  init() throws { fixture = try CommandFixture() }

  private func configuration(_ upstreams: [String], top: String = "listen: 127.0.0.1:0") throws -> String {
    try fixture.write("secret", "s3cret-of-the-test\n")
    return try fixture.write(
      "vesigate.yaml",
      """
      \(top)
      control: none
      routes:
        - path: /webhooks/vesicash
          secret-file: \(fixture.path("secret"))
          upstreams:
      \(upstreams.map { "      - \($0)\n" }.joined())
        - path: /other
          secret-file: \(fixture.path("secret"))
          upstreams: [\(upstreams[0])]

      """, mode: 0o644)
  }

  @Test func `an upstream that accepts is asked once, and sees no request`() throws {
    let upstream = try RecordingUpstream()
    let socket = try RecordingUpstream(unixPath: fixture.path("app.sock"))
    let urls = [upstream.url("/app"), "unix:\(fixture.path("app.sock")):/app"]
    let checked = try fixture.vesigate(["check", "--connect", "--config", try configuration(urls)])
    #expect(checked.status == 0, "\(checked.errors)")
    #expect(checked.lines.count == 3 && checked.lines[0].contains(": ok, 2 routes"))
    for (line, url) in zip(checked.lines.dropFirst(), urls) {
      #expect(line.hasPrefix("accepts  \(url)  (") && line.hasSuffix(" ms)"), "\(line)")
    }
    #expect(upstream.requests.isEmpty && socket.requests.isEmpty)
  }

  @Test func `of each that does not it is told what failed, and the command ends with 69`() throws {
    let upstream = try RecordingUpstream()
    let closed = "http://127.0.0.1:\(try FreePort.take())/"
    let absent = "unix:\(fixture.path("absent.sock"))"
    let urls = [closed, upstream.url("/app"), absent]
    let config = try configuration(urls)
    #expect(try fixture.vesigate(["check", "--config", config]).status == 0)
    let checked = try fixture.vesigate(["check", "--connect", "--config", config])
    #expect(checked.status == 69)
    #expect(checked.lines.count == 4)
    for (line, beginning) in zip(
      checked.lines.dropFirst(),
      [
        "fails    \(closed)  connect: ", "accepts  \(upstream.url("/app"))  (",
        "fails    \(absent)  connect: ",
      ])
    { #expect(line.hasPrefix(beginning), "\(line)") }
    #expect(checked.lines[1].contains("Connection refused") && checked.lines[3].contains("No such file"))
    #expect(checked.errors.contains("vesigate: 2 of 3 upstreams accept no connection\n"), "\(checked.errors)")
  }

  @Test func `https is asked up to the end of TLS, by the authorities of the route`() throws {
    let certificates = try Certificates.shared.get()
    let app = try TLSApp(certificate: certificates.path("server.pem"), key: certificates.path("server.key"))
    let url = "https://127.0.0.1:\(app.port)/app"
    let urls = ["ca", "other-ca"].map { "{url: \"\(url)\", ca-file: \(certificates.path($0 + ".pem"))}" }
    // The same URL twice within a route is none.
    for (index, accepts) in [(0, true), (1, false)] {
      let checked = try fixture.vesigate(["check", "--connect", "--config", try configuration([urls[index]])])
      #expect(checked.status == (accepts ? 0 : 69), "\(checked.text)")
      #expect(checked.lines[1].hasPrefix(accepts ? "accepts  \(url)  (" : "fails    \(url)  tls: "))
    }
    #expect(app.requests.isEmpty)
  }

  @Test func `more upstreams than are asked at once are all asked`() throws {
    let upstream = try RecordingUpstream()
    try fixture.write("secret", "s3cret-of-the-test\n")
    let routes = (0..<40).map { number in
      "  - {path: /\(number), secret-file: \(fixture.path("secret")), upstreams: \"\(upstream.url("/\(number)"))\"}\n"
    }
    let config = try fixture.write("v.yaml", "control: none\nroutes:\n" + routes.joined())
    let checked = try fixture.vesigate(["check", "--connect", "--config", config])
    #expect(checked.status == 0 && checked.lines.count == 41, "\(checked.text)")
    for (number, line) in checked.lines.dropFirst().enumerated() {
      #expect(line.hasPrefix("accepts  \(upstream.url("/\(number)"))  ("), "\(line)")
    }
  }

  @Test func `an upstream that says nothing is waited for no longer than its bound`() throws {
    let stalled = try StalledListener()
    let config = try configuration(["http://127.0.0.1:\(stalled.port)/"])
    let checked = try fixture.vesigate(["check", "--connect", "--config", config])
    #expect(checked.status == 69)
    let beginning = "fails    http://127.0.0.1:\(stalled.port)/  connect-timeout: "
    #expect(checked.lines[1].hasPrefix(beginning), "\(checked.text)")
  }

  // MARK: What is seldom right

  @Test(arguments: [
    ("http://app.example/", 1), ("http://10.0.0.7:8000/", 1), ("http://[2001:db8::7]/", 1),
    ("http://app:8000/", 1),
    ("http://127.0.0.2:8000/", 0), ("http://localhost:8000/", 0), ("http://app.localhost/", 0),
    ("\"http://[::1]:8000/\"", 0), ("https://app.example/", 0), ("unix:/run/app/socket", 0),
  ])
  func `plain http to another machine is warned of`(url: String, count: Int) throws {
    let quoted = url.hasPrefix("\"") ? url : "\"\(url)\""
    let config = try configuration([quoted])
    let checked = try fixture.vesigate(["check", "--config", config])
    #expect(checked.status == 0)
    let warnings = checked.errors.split(separator: "\n")
    // Two routes send there.
    #expect(warnings.count == 2 * count, "\(checked.errors)")
    #expect(warnings.allSatisfy { $0.contains("sends deliveries in the clear to another machine: ") })
    if count > 0 {
      #expect(warnings[0].hasPrefix("warning: \(config):7:9 routes[0].upstreams[0]: "), "\(warnings[0])")
    }
  }

  @Test(arguments: [
    ("listen: \"*:0\"", 1), ("listen: 0.0.0.0:0", 1), ("listen: [127.0.0.1:0, \"[::]:0\"]", 1),
    ("listen: 127.0.0.1:0", 0), ("listen: 192.0.2.7:0", 0), ("listen: unix:/run/v", 0),
    ("listen: \"*:0\"\ntrusted-proxies: [10.0.0.1]", 0),
  ])
  func `a listener on all addresses is warned of, unless a front is named`(top: String, count: Int) throws {
    let config = try configuration(["http://127.0.0.1:9/"], top: top)
    let checked = try fixture.vesigate(["check", "--config", config])
    #expect(checked.status == 0)
    let warnings = checked.errors.split(separator: "\n")
    #expect(warnings.count == count, "\(checked.errors)")
    let beginning = "warning: \(config):1:9 listen: takes deliveries in the clear from every network"
    #expect(warnings.allSatisfy { $0.hasPrefix(beginning) }, "\(checked.errors)")
  }

  @Test func `the daemon is not kept from its work by that, nor says so`() throws {
    let upstream = "http://192.0.2.7:8000/"
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream]).replacing("127.0.0.1:{port}", with: "\"*:{port}\""))
    #expect(!gateway.log.contains { $0.contains("in the clear") }, "\(gateway.log)")
    #expect(gateway.terminate() == 0)
  }
}
