import TestSupport
import Testing

/// What of a sender's head reaches the app, what does not, and what is ours.
@Suite(.ownThread) struct HeaderTests {
  private func seen(
    by route: String = "", top: String = "", _ change: (inout SignedRequest) -> Void
  ) throws -> RecordedRequest {
    let fixture = try GatewayFixture(route: route, top: top)
    let request = SignedRequest().with(change)
    #expect(try fixture.gateway.exchange(request.bytes).status == 200)
    return try fixture.upstream.onlyRequest()
  }

  @Test func `method, query, and the fields' order, case and repetitions are kept`() throws {
    let lines = [
      "X-First: 1", "x-UPPER-lower: Value  with   blanks", "Content-Type: application/json",
      "X-Twice: a", "User-Agent: Sender/1.0", "X-Twice: b", "Cookie: a=b; c=d", "x-twice: a", "X-Empty:",
      "X-Latin: caf\u{E9}", "Accept: */*", "X-Last: \"quoted, too\"",
    ]
    let request = try seen {
      $0.target = "/hook?a=%41&b=c%2Fd&&x=/../y?z&e="
      $0.lines += lines
    }
    #expect(request.head.first == "POST /app?a=%41&b=c%2Fd&&x=/../y?z&e= HTTP/1.1")
    let names = Set(lines.map { $0.prefix { $0 != ":" }.lowercased() })
    let kept = request.head.fields.filter { names.contains($0.prefix { $0 != ":" }.lowercased()) }
    #expect(kept.map(withoutBlank) == lines.map(withoutBlank))
    #expect(request.head.has("mor-signature") && request.head.has("mor-timestamp"))
  }

  /// A blank behind the colon means nothing.
  private func withoutBlank(_ line: String) -> String {
    line.replacing(": ", with: ":", maxReplacements: 1)
  }

  @Test func `nothing is invented for a sender that says little`() throws {
    let request = try seen { $0.lines = ["Host: a"] }
    for name in ["accept", "content-type", "user-agent", "expect", "accept-encoding", "transfer-encoding"] {
      #expect(!request.head.has(name), "\(name)")
    }
  }

  @Test func `a head of any length is whole, and nothing in it is the gateway's own invention`() throws {
    let request = try seen {
      $0.lines += ["X-Long: " + String(repeating: "a", count: 20_000)]
    }
    #expect(request.head.first.hasSuffix(" HTTP/1.1"))
    #expect(request.head.first.split(separator: " ").count == 3)
    #expect(request.head.value("x-long")?.utf8.count == 20_000)
    for name in ["host", "content-length", "x-verified", "x-request-id", "via"] {
      #expect(request.head.values(name).count == 1, "\(name)")
    }
    #expect(request.head.fields.last?.hasPrefix("Content-Length: ") == true)
  }

  @Test func `the Host is the upstream's, or the sender's where the route says so`() throws {
    let own = try seen { $0.lines = ["Host: sender.test:81"] }
    #expect(own.head.values("host").count == 1)
    #expect(own.head.value("host")?.hasPrefix("127.0.0.1:") == true)
    let preserved = try seen(by: "preserve-host: true") { $0.lines = ["Host: sender.test:81"] }
    #expect(preserved.head.values("host") == ["sender.test:81"])
  }

  @Test func `hop-by-hop fields end here, and so does what Connection names`() throws {
    let request = try seen {
      $0.lines += [
        "Connection: x-hop, X-Other", "Connection: keep-alive", "X-Hop: 1", "x-other: 2",
        "Keep-Alive: timeout=9",
        "Proxy-Connection: keep-alive", "TE: trailers", "Trailer: X-T", "Upgrade: websocket",
        "Proxy-Authorization: Basic eA==", "Proxy-Authenticate: Basic", "X-Stays: 3",
      ]
    }
    for name in [
      "connection", "x-hop", "x-other", "keep-alive", "proxy-connection", "te", "trailer", "upgrade",
      "proxy-authorization", "proxy-authenticate",
    ] { #expect(!request.head.has(name), "\(name)") }
    #expect(request.head.values("x-stays") == ["3"])
  }

  @Test(arguments: [
    ["X-Verified: true"], ["x-verified: yes", "X-VERIFIED: true"], ["X-vErIfIeD:"], ["X_Verified: true"],
    ["X-Verified-Failed: mismatch"], ["x_verified_failed: no"], ["X.Verified: true"], ["X-Verified!: true"],
    ["Connection: X-Verified"], ["Connection: close, x-verified", "X-Verified: true"],
    ["Connection: mor-signature"],
  ])
  func `the mark is ours alone, whatever the sender says`(lines: [String]) throws {
    let request = try seen { $0.lines += lines }
    #expect(request.head.fields.filter { folded($0).hasPrefix("xverified") } == ["X-Verified: true"])
    #expect(!request.head.has("connection"))
  }

  /// An app need not know which of its routes are durable.
  @Test(arguments: [
    ["X-Delivery-Id: forged"], ["x-delivery-ATTEMPT: 1", "X-Delivery-Replay: true"],
    ["X-DeliveryId: forged"], ["X--Delivery-Id: forged"], ["-X-Delivery-Id: forged"],
    ["X-Delivery-Replay-: true"], ["XDeliveryAttempt: 9"], ["X_Delivery_Id: forged"],
    ["Connection: x-delivery-id", "X-Delivery-Id: forged"], ["X-Delivery-Test: true"],
    ["x-DELIVERY-test: true", "X-DeliveryTest: true", "X_Delivery_Test: true", "-X-Delivery-Test-: true"],
  ])
  func `what only the gateway says of a delivery no sender says, where nothing is stored either`(
    lines: [String]
  ) throws {
    let request = try seen { $0.lines += lines + ["X-Delivery: mine", "X-Delivery-Ids: 1,2"] }
    let folded = request.head.fields.map { self.folded($0) }
    #expect(folded.filter { $0.hasPrefix("xdelivery") } == ["xdelivery", "xdeliveryids"])
  }

  /// What an app may make of a field: CGI and its kin know only letters and underscores.
  private func folded(_ line: String) -> String {
    line.prefix { $0 != ":" }.lowercased().filter { $0.isLetter }
  }

  @Test func `names that an app could fold into others do not leave`() throws {
    let request = try seen {
      $0.lines += ["Content_Type: text/x", "X_Forwarded_For: 1.2.3.4", "a.b: c", "X-Fine1: d"]
    }
    #expect(request.head.fields.allSatisfy { !$0.prefix { $0 != ":" }.contains("_") })
    #expect(!request.head.has("a.b"))
    #expect(request.head.has("x-fine1"))
  }

  @Test func `the mark's name and value can be chosen, and the default's name stays barred`() throws {
    let request = try seen(by: "verified-header: X-Genuine\nverified-value: \"1\"") {
      $0.lines += ["X-Genuine: forged", "x_genuine: forged", "X-Verified: true"]
    }
    #expect(request.head.values("x-genuine") == ["1"])
    #expect(!request.head.has("x-verified") && !request.head.has("x_genuine"))
  }

  @Test func `a stranger's forwarding fields are replaced`() throws {
    let request = try seen {
      $0.lines += [
        "X-Forwarded-For: 192.0.2.1", "x-forwarded-proto: https", "X-Forwarded-Host: evil.test",
        "Forwarded: for=192.0.2.1", "Via: 1.0 other",
      ]
    }
    #expect(request.head.values("x-forwarded-for") == ["127.0.0.1"])
    #expect(request.head.values("x-forwarded-proto") == ["http"])
    #expect(request.head.values("x-forwarded-host") == ["gateway.test"])
    #expect(request.head.values("forwarded") == ["for=127.0.0.1;host=\"gateway.test\";proto=http"])
    #expect(request.head.values("via") == ["1.0 other", "1.1 vesigate"])
  }

  @Test func `a trusted proxy's forwarding fields are believed and added to`() throws {
    let fixture = try GatewayFixture(top: "trusted-proxies: [127.0.0.0/8]")
    let request = SignedRequest().with {
      $0.lines += [
        "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: shop.test",
        "Forwarded: for=192.0.2.1",
      ]
    }
    #expect(try fixture.gateway.exchange(request.bytes).status == 200)
    let seen = try fixture.upstream.onlyRequest().head
    #expect(seen.values("x-forwarded-for") == ["192.0.2.1, 127.0.0.1"])
    #expect(seen.values("x-forwarded-proto") == ["https"])
    #expect(seen.values("x-forwarded-host") == ["shop.test"])
    #expect(seen.values("forwarded") == ["for=192.0.2.1, for=127.0.0.1"])
    #expect(try fixture.gateway.waitForLog(containing: "msg=delivery").contains("remote=192.0.2.1"))
  }

  @Test func `a request id is kept or given, and stands in the log`() throws {
    let fixture = try GatewayFixture()
    _ = try fixture.gateway.exchange(
      SignedRequest().with { $0.lines.append("X-Request-Id: sender-17") }.bytes)
    _ = try fixture.gateway.exchange(SignedRequest().bytes)
    let seen = try fixture.upstream.requests(atLeast: 2)
    #expect(seen[0].head.values("x-request-id") == ["sender-17"])
    try fixture.gateway.waitForLog(containing: "request_id=sender-17")
    let given = seen[1].head.values("x-request-id")
    #expect(given.count == 1 && given[0].count >= 16)
    try fixture.gateway.waitForLog(containing: "request_id=\(given[0])")
  }

  @Test func `one delivery is one log line, whatever its path and fields hold`() throws {
    let fixture = try GatewayFixture(path: "/hook/*")
    let before = fixture.gateway.log.count
    let request = SignedRequest().with {
      $0.target = "/hook/a%0Alevel=error%1B[31m\"='x"
      $0.lines += ["X-Request-Id: a\u{9}msg=forged", "X-Other: \u{9B}31m"]
    }
    #expect(try fixture.gateway.exchange(request.bytes).status == 200)
    try fixture.gateway.waitForLog(containing: "msg=delivery", from: before)
    _ = try fixture.gateway.exchange(SignedRequest().with { $0.target = "/hook/b" }.bytes)
    try fixture.gateway.waitForLog(containing: "path=/hook/b", from: before)
    let lines = fixture.gateway.log.dropFirst(before)
    #expect(lines.count == 2)
    #expect(lines.allSatisfy { $0.hasPrefix("time=") && $0.utf8.allSatisfy { (0x20..<0x7F).contains($0) } })
  }

  @Test func `an observing route forwards what fails, with the reason and without the mark`() throws {
    let fixture = try GatewayFixture(route: "observe: true") { _ in .answer(202, body: "seen") }
    let forged = SignedRequest("forged").with {
      $0.secret = "another"
      $0.lines += ["X-Verified: true", "X-Verified-Failed: no"]
    }
    let response = try fixture.gateway.exchange(forged.bytes)
    #expect(response.status == 202 && response.text == "seen")
    let bare = SignedRequest("bare").with { $0.ownSignatureLines = [] }
    #expect(try fixture.gateway.exchange(bare.bytes).status == 202)
    #expect(try fixture.gateway.exchange(SignedRequest("genuine").bytes).status == 202)
    let broken = SignedRequest("broken").with { $0.lines.append("Content-Length: 1") }
    #expect(try fixture.gateway.exchange(broken.bytes).status == 400)
    let seen = try fixture.upstream.requests(atLeast: 3)
    #expect(seen.map { $0.head.values("x-verified-failed") } == [["mismatch"], ["signature-missing"], []])
    #expect(seen.map { $0.head.values("x-verified") } == [[], [], ["true"]])
    #expect(seen.map(\.body) == ["forged", "bare", "genuine"].map { Array($0.utf8) })
    #expect(fixture.gateway.log.contains { $0.contains("level=warning") && $0.contains("observe") })
  }
}
