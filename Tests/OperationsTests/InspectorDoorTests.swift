import Configuration
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Operations

/// The inspector's door as browsers and those who would be some see it: raw bytes over a real socket.
@Suite(.ownThread) struct InspectorDoorTests {
  /// A form of ours that asks the source.
  private static let replay = "/stored/\(InspectorStored.id)/replay"

  @Test func `a page is answered with its policy, by GET and by HEAD`() async throws {
    let server = try await InspectorFixture()
    let page = try server.get("/")
    #expect(page.status == 200 && page.text.hasPrefix("<!doctype html>"))
    #expect(page.head.value("content-type") == "text/html; charset=utf-8")
    #expect(page.head.value("content-security-policy")?.contains("default-src 'none'") == true)
    #expect(!page.text.contains("<script"))
    let head = try server.ask(
      InspectorFixture.head("HEAD /", ["Host: localhost"]), method: "HEAD")
    #expect(head.status == 200 && head.body.isEmpty)
    #expect(head.head.value("content-length") == page.head.value("content-length"))
    #expect(try server.get("/no/such/page").status == 404)
    try await server.stop()
  }

  @Test func `the style sheet is kept by its version alone`() async throws {
    let server = try await InspectorFixture()
    let lasting = try server.get(InspectorStyle.address.text)
    #expect(lasting.status == 200 && lasting.head.value("content-type") == "text/css; charset=utf-8")
    #expect(lasting.head.value("cache-control") == "private, max-age=31536000, immutable")
    for target in ["/style.css", "/style.css?v=0", "/?v=\(InspectorStyle.version)"] {
      #expect(try server.get(target).head.value("cache-control") == "no-store", "\(target)")
    }
    try await server.stop()
  }

  @Test func `several requests ahead on one connection are answered in their order`() async throws {
    let server = try await InspectorFixture()
    let client = try server.connect()
    let one = InspectorFixture.head("GET /style.css", ["Host: localhost"])
    let other = InspectorFixture.head("GET /none", ["Host: localhost"])
    client.offer(Array((one + other + one).utf8))
    #expect(try client.response().status == 200)
    #expect(try client.response().status == 404)
    #expect(try client.response().status == 200)
    client.offer(
      Array(InspectorFixture.head("GET /style.css", ["Host: localhost", "Connection: close"]).utf8))
    #expect(try client.response().head.value("connection") == "close")
    #expect(client.isClosedByPeer())
    try await server.stop()
  }

  // MARK: Those who should not be answered

  @Test(arguments: [
    "Host: evil.example", "Host: evil.example:9465", "Host: 10.0.0.5", "Host: localhost.evil.example",
  ])
  func `a foreign Host gets a sentence that names the setting, and no page`(line: String) async throws {
    let server = try await InspectorFixture()
    let answer = try server.ask(InspectorFixture.head("GET /", [line]))
    #expect(answer.status == 403 && answer.text.contains("inspector: {hosts: ["))
    #expect(answer.head.value("content-type") == "text/plain; charset=utf-8" && !answer.text.contains("<"))
    #expect(answer.head.value("x-frame-options") == "DENY")
    #expect(
      server.log.all.count == 1 && server.log.all[0].contains("reason=foreign-host"), "\(server.log.all)")
    try await server.stop()
  }

  @Test func `two Hosts, none, and what is none are 400`() async throws {
    let server = try await InspectorFixture()
    for lines in [
      ["Host: localhost", "Host: localhost"], ["Host: localhost", "Host: evil.example"], ["Host: a b"],
    ] {
      #expect(try server.ask(InspectorFixture.head("GET /", lines)).status == 400, "\(lines)")
    }
    #expect(try server.ask(InspectorFixture.head("GET /", [])).status == 400)
    #expect(try server.ask("GET / HTTP/1.0\r\n\r\n").status == 400)
    #expect(try server.ask(InspectorFixture.head("GET http://localhost/", ["Host: localhost"])).status == 400)
    try await server.stop()
  }

  @Test func `a name that is configured is answered`() async throws {
    var settings = InspectorFixture.tcp()
    settings.listen = .unix(path: "/i", mode: 0o600, group: nil)
    settings.hosts = ["ops.example"]
    let server = try await InspectorFixture(settings)
    #expect(try server.ask(InspectorFixture.head("GET /", ["Host: Ops.Example:9465"])).status == 200)
    try await server.stop()
  }

  @Test func `a page that rebound its name gets neither a page nor anything done`() async throws {
    let server = try await InspectorFixture()
    let lines = [
      "Host: evil.example:9465", "Origin: http://evil.example:9465", "Sec-Fetch-Site: same-origin",
    ]
    #expect(try server.ask(InspectorFixture.head("GET /", lines)).status == 403)
    let form = "verb=purge&state=dead"
    let all = lines + ["Content-Type: application/x-www-form-urlencoded", "Content-Length: \(form.count)"]
    #expect(try server.ask(InspectorFixture.head("POST /change", all) + form, method: "POST").status == 403)
    #expect(server.source.askedQueue.isEmpty)
    try await server.stop()
  }

  @Test(arguments: [
    ["Origin: http://evil.example", "Sec-Fetch-Site: cross-site"], ["Origin: null"], [],
    ["Origin: http://localhost:8080", "Sec-Fetch-Site: same-site"], ["Sec-Fetch-Site: cross-site"],
    ["Origin: http://localhost:8080"], ["Referer: http://localhost:9465/"],
  ])
  func `a form from elsewhere does nothing, not even from another port`(lines: [String]) async throws {
    let server = try await InspectorFixture()
    let answer = try server.post(Self.replay, "", lines)
    #expect(answer.status == 403 && server.source.askedQueue.isEmpty)
    #expect(server.log.all.first?.contains("reason=cross-site") == true)
    try await server.stop()
  }

  @Test func `a form of our own reaches its page with who sent it`() async throws {
    let server = try await InspectorFixture()
    _ = try server.post(Self.replay, "")
    // Whatever came of it: it was asked, by this process's user as the kernel says.
    #expect(server.source.facts.withLock { $0.users } == [geteuid()])
    try await server.stop()
  }

  @Test func `a framed page and a picture of one are refused`() async throws {
    let server = try await InspectorFixture()
    #expect(
      try server.get("/", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe")
        .status
        == 403)
    #expect(
      try server.get("/", "Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image")
        .status
        == 403)
    #expect(
      try server.get(
        "/", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"
      ).status
        == 200)
    try await server.stop()
  }

  @Test(arguments: ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
  func `no other method is answered`(method: String) async throws {
    let server = try await InspectorFixture()
    let answer = try server.ask(
      InspectorFixture.head("\(method) /", ["Host: localhost"] + InspectorFixture.sameOrigin))
    #expect(answer.status == 405 && answer.head.value("allow") == "GET, HEAD, POST")
    #expect(answer.head.value("access-control-allow-origin") == nil)
    try await server.stop()
  }

  // MARK: Too much

  @Test func `a form beyond its bound is 413, and nothing is done`() async throws {
    let server = try await InspectorFixture()
    let most = String(repeating: "a", count: InspectorMessage.formBytesMax)
    #expect(try server.post(Self.replay, "a=" + most.dropLast(2)).status != 413)
    let asked = server.source.askedQueue.count
    for extra in ["a", String(repeating: "b", count: 500_000)] {
      let answer = try server.post(Self.replay, most + extra)
      #expect(answer.status == 413 && answer.head.value("connection") == "close")
    }
    // In chunks nobody knows before how much it is.
    let head = InspectorFixture.head(
      "POST \(Self.replay)",
      ["Host: localhost", "Content-Type: application/x-www-form-urlencoded", "Transfer-Encoding: chunked"]
        + InspectorFixture.sameOrigin.map { $0.replacingOccurrences(of: ":9465", with: "") })
    let chunk = "4000\r\n" + String(repeating: "c", count: 0x4000) + "\r\n"
    #expect(try server.ask(head + chunk + chunk + "0\r\n\r\n", method: "POST").status == 413)
    #expect(server.source.askedQueue.count == asked)
    try await server.stop()
  }

  @Test func `who goes on sending beyond all measure is closed`() async throws {
    let server = try await InspectorFixture()
    let client = try server.connect()
    let head = InspectorFixture.head("POST /change", ["Host: localhost", "Content-Length: 100000000"])
    client.offer(Array(head.utf8) + [UInt8](repeating: 0x61, count: 4_000_000), within: 2)
    #expect(client.isClosedByPeer())
    #expect(try server.get("/").status == 200)
    try await server.stop()
  }

  @Test func `a long address is 414, many fields are 431, and neither reaches a page`() async throws {
    let server = try await InspectorFixture()
    #expect(try server.get("/?text=" + String(repeating: "a", count: 8_100)).status == 200)
    #expect(try server.get("/?text=" + String(repeating: "a", count: 8_200)).status == 414)
    #expect(try server.get("/", "X: " + String(repeating: "a", count: 15_000)).status == 200)
    #expect(try server.get("/", "X: " + String(repeating: "a", count: 16_400)).status == 431)
    try await server.stop()
  }

  @Test func `many connections that say nothing keep no browser out`() async throws {
    let server = try await InspectorFixture()
    let silent = try (0..<3 * InspectorServer.connectionsMax).map { _ in try server.connect() }
    usleep(300_000)
    for _ in 0..<3 { #expect(try server.get("/style.css").status == 200) }
    #expect(silent.contains { $0.isClosedByPeer() })
    try await server.stop()
  }

  @Test func `a connection that has had its answer gives way as well`() async throws {
    let server = try await InspectorFixture()
    let request = InspectorFixture.head("GET /style.css", ["Host: localhost"])
    let kept = try (0..<InspectorServer.connectionsMax).map { _ in try server.connect() }
    for client in kept {
      client.offer(Array(request.utf8))
      #expect(try client.response().status == 200)
    }
    usleep(300_000)
    let next = try server.connect()
    next.offer(Array(request.utf8))
    #expect(try next.response().status == 200)
    #expect(kept[0].isClosedByPeer())
    // The others are as they were.
    kept[5].offer(Array(request.utf8))
    #expect(try kept[5].response().status == 200)
    try await server.stop()
  }

  @Test func `a page that is being made keeps its slot though its reader has gone`() async throws {
    let latch = Latch()
    let server = try await InspectorFixture(holding: latch)
    for number in 0..<InspectorServer.connectionsMax {
      let client = try server.connect()
      client.offer(Array(InspectorFixture.head("GET /", ["Host: localhost"]).utf8))
      #expect(eventually(within: 10) { latch.waiting > number })
      client.close()
    }
    usleep(300_000)
    #expect(try server.connect().isClosedByPeer())
    latch.open()
    #expect(eventually(within: 10) { (try? server.get("/style.css").status) == 200 })
    try await server.stop()
  }

  @Test(arguments: ["/style.css", "/", "/login?token=x"])
  func `over TCP whoever has not come in, and takes no answer, keeps no browser out`(_ target: String)
    async throws
  {
    let server = try await InspectorFixture(InspectorFixture.tcp())
    let request = InspectorFixture.head("GET \(target)", ["Host: localhost"])
    // More answers than the kernel keeps.
    let ahead = Array(String(repeating: request, count: 600).utf8)
    let clients = try (0..<InspectorServer.connectionsMax).map { _ in try server.connect() }
    for client in clients { client.offer(ahead, within: 0.2) }
    #expect(eventually(within: 10) { (try? server.get("/style.css").status) == 200 })
    for _ in 0..<3 { #expect(try server.get("/style.css").status == 200) }
    #expect(clients.count == InspectorServer.connectionsMax)
    try await server.stop()
  }

  @Test func `behind a front with TLS the cookie goes nowhere in the clear`() async throws {
    let server = try await InspectorFixture(InspectorFixture.tcp())
    for (origin, isSecure) in [("https://localhost:9465", true), ("http://localhost:9465", false)] {
      let link = server.login.makeLink(at: server.clock.seconds)
      let answer = try server.post(
        "/login", "token=\(link)", ["Origin: \(origin)", "Sec-Fetch-Site: same-origin"])
      #expect(answer.status == 303 && answer.head.value("set-cookie")?.hasSuffix("; Secure") == isSecure)
    }
    try await server.stop()
  }

  // MARK: Over TCP

  @Test func `without a session there is only how to get one`() async throws {
    let server = try await InspectorFixture(InspectorFixture.tcp())
    let page = try server.get("/stored")
    #expect(page.status == 401 && page.text.contains("vesigate inspect"))
    #expect(page.head.value("www-authenticate")?.isEmpty == false)
    #expect(page.head.value("content-security-policy") != nil && server.source.askedQueue.isEmpty)
    #expect(try server.get(InspectorStyle.address.text).status == 200)
    #expect(try server.post(Self.replay, "").status == 401)
    #expect(server.source.askedQueue.isEmpty)
    try await server.stop()
  }

  @Test func `a link shows a button, the button begins a session, and the link is spent`() async throws {
    let server = try await InspectorFixture(InspectorFixture.tcp())
    let link = server.login.makeLink(at: server.clock.seconds)
    // What looks at links in messages does not press buttons.
    for _ in 0..<3 {
      let page = try server.get("/login?token=\(link)")
      #expect(page.status == 200 && page.text.contains("<button") && page.head.value("set-cookie") == nil)
    }
    let answer = try server.post("/login", "token=\(link)")
    #expect(answer.status == 303 && answer.head.value("location") == "/")
    let cookie = try #require(answer.head.value("set-cookie"))
    #expect(cookie.hasSuffix("; HttpOnly; SameSite=Strict; Path=/; Max-Age=3600"))
    let session = "Cookie: " + (cookie.split(separator: ";").first ?? "")
    #expect(try server.get("/", session).status == 200)
    // Once.
    #expect(try server.get("/login?token=\(link)").status == 403)
    let again = try server.post("/login", "token=\(link)")
    #expect(again.status == 403 && again.head.value("set-cookie") == nil)
    server.clock.advance(3_599)
    #expect(try server.get("/", session).status == 200)
    server.clock.advance(1)
    #expect(try server.get("/", session).status == 401)
    try await server.stop()
  }

  @Test func `a link that is guessed, too old, or sent from elsewhere begins nothing`() async throws {
    let server = try await InspectorFixture(InspectorFixture.tcp())
    let link = server.login.makeLink(at: server.clock.seconds)
    for token in ["", String(repeating: "0", count: 32), String(link.dropLast()), link + "0"] {
      #expect(try server.get("/login?token=\(token)").status == 403, "\(token)")
      #expect(try server.post("/login", "token=\(token)").status == 403, "\(token)")
    }
    // Somebody else's page would log a browser in as it likes.
    #expect(
      try server.post(
        "/login", "token=\(link)", ["Origin: http://evil.example", "Sec-Fetch-Site: cross-site"]
      ).status
        == 403)
    #expect(server.login.isLink(link, at: server.clock.seconds))
    server.clock.advance(InspectorLogin.linkSecondsMax)
    #expect(try server.post("/login", "token=\(link)").status == 403)
    try await server.stop()
  }

  @Test func `the cookie of another is none, nor is a link one, nor one in the address`() async throws {
    let server = try await InspectorFixture(InspectorFixture.tcp())
    let link = server.login.makeLink(at: server.clock.seconds)
    let other = InspectorLogin()
    let foreign = try #require(other.begin(link: other.makeLink(at: 0), at: 0))
    for value in [foreign, link, "", "x", String(repeating: "f", count: 32)] {
      #expect(try server.get("/", "Cookie: vesigate-inspector=\(value)").status == 401, "\(value)")
    }
    let session = try #require(server.login.begin(link: link, at: server.clock.seconds))
    #expect(try server.get("/?vesigate-inspector=\(session)").status == 401)
    // Another port of this host has set its own beside ours.
    #expect(
      try server.get("/", "Cookie: vesigate-inspector=x; a=b", "Cookie: vesigate-inspector=\(session)").status
        == 200)
    try await server.stop()
  }

  @Test func `over TCP nothing is done unless the configuration says so`() async throws {
    for actions in [false, true] {
      let server = try await InspectorFixture(InspectorFixture.tcp(actions: actions))
      let link = server.login.makeLink(at: server.clock.seconds)
      let session = try #require(server.login.begin(link: link, at: server.clock.seconds))
      let lines = InspectorFixture.sameOrigin + ["Cookie: vesigate-inspector=\(session)"]
      let answer = try server.post(Self.replay, "", lines)
      #expect((answer.status == 403) == !actions)
      #expect(answer.text.contains("inspector: {actions: true}") == !actions)
      #expect(server.source.askedQueue.isEmpty == !actions)
      // No kernel says who it is.
      #expect(server.source.facts.withLock { $0.users } == (actions ? [nil] : []))
      try await server.stop()
    }
  }

  @Test func `tokens and cookies stay out of the log`() async throws {
    let server = try await InspectorFixture(InspectorFixture.tcp())
    let link = server.login.makeLink(at: server.clock.seconds)
    _ = try server.get("/?token=\(link)", "Cookie: vesigate-inspector=\(link)")
    let session = try #require(try server.post("/login", "token=\(link)").head.value("set-cookie"))
    _ = try server.post("/login", "token=\(link)")
    #expect(server.log.all.count == 3)
    for line in server.log.all {
      #expect(!line.contains(link) && !line.contains(session.prefix(51)), "\(line)")
    }
    try await server.stop()
  }
}
