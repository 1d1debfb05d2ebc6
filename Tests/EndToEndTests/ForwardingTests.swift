import TestSupport
import Testing

/// Who says what of the client and the scheme: strangers nothing, a front what it knows, and nobody two things.
@Suite(.ownThread) struct ForwardingTests {
  private static let trusting = "trusted-proxies: [127.0.0.1, 10.0.0.0/8]"

  private func seen(top: String = "", _ lines: [String]) throws -> (head: HeaderLines, log: String) {
    let fixture = try GatewayFixture(top: top)
    let request = SignedRequest().with { $0.lines = ["Host: hooks.example"] + lines }
    #expect(try fixture.gateway.exchange(request.bytes).status == 200)
    let head = try fixture.upstream.onlyRequest().head
    return (head, try fixture.gateway.waitForLog(containing: "msg=delivery"))
  }

  private static let claims = [
    "X-Forwarded-Port: 443", "X-Forwarded-Prefix: /evil", "X-Forwarded-Ssl: on", "X-Forwarded-User: root",
    "X-Forwarded-Server: a", "X-Forwarded-Scheme: https", "X-Forwarded-Protocol: ssl", "X-Forwarded-By: b",
    "X-Forwarded: for=192.0.2.1", "x-forwarded-uri: /evil", "X-Forwarded-: c", "X-FORWARDED-CLIENT-CERT: d",
    "X-Forwarded-For-Original: 192.0.2.1", "X-ForwardedFor: 192.0.2.1", "X-Real-IP: 192.0.2.1",
    "Client-IP: 192.0.2.1", "X-Client-IP: 192.0.2.1", "True-Client-IP: 192.0.2.1",
    "X-Cluster-Client-IP: 192.0.2.1",
    "CF-Connecting-IP: 192.0.2.1", "Fastly-Client-IP: 192.0.2.1", "Front-End-Https: on", "X-Scheme: https",
    "X-Url-Scheme: https",
  ]

  private func kept(_ head: HeaderLines, of lines: [String]) -> [String] {
    lines.filter { line in head.fields.contains { $0.lowercased() == line.lowercased() } }
  }

  @Test func `whatever a stranger says of client, scheme and path in a front's words stays behind`() throws {
    let (head, _) = try seen(Self.claims + ["X-Forwarded_Port: 443", "X-Forward: 1", "X-Stays: 2"])
    #expect(kept(head, of: Self.claims) == [])
    #expect(kept(head, of: ["X-Forward: 1", "X-Stays: 2"]).count == 2)
    let ours = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"]
    let names = head.fields.map { $0.prefix { $0 != ":" }.lowercased() }.filter {
      $0.hasPrefix("x-forwarded")
    }
    #expect(names == ours)
  }

  @Test func `a trusted front's stays as it came, whatever Connection says of it`() throws {
    let naming = "Connection: " + Self.claims.map { $0.prefix { $0 != ":" } }.joined(separator: ", ")
    let (head, _) = try seen(top: Self.trusting, Self.claims + [naming])
    #expect(kept(head, of: Self.claims) == Self.claims)
  }

  /// What both shipped fronts send: they delete `Forwarded`.
  @Test func `a front that speaks X-Forwarded-For is contradicted by no Forwarded`() throws {
    let (head, _) = try seen(
      top: Self.trusting,
      ["X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https", "X-Forwarded-Host: hooks.example"])
    #expect(head.values("x-forwarded-for") == ["203.0.113.7, 127.0.0.1"])
    #expect(head.values("x-forwarded-proto") == ["https"])
    #expect(head.values("forwarded") == [])
  }

  @Test func `a front that speaks Forwarded is contradicted by no X-Forwarded-For or -Proto`() throws {
    let (head, log) = try seen(
      top: Self.trusting, ["Forwarded: for=203.0.113.7;proto=https;host=hooks.example"])
    #expect(head.values("forwarded") == ["for=203.0.113.7;proto=https;host=hooks.example, for=127.0.0.1"])
    for name in ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"] { #expect(!head.has(name)) }
    #expect(log.contains("remote=203.0.113.7"))
  }

  @Test func `a front that speaks both is continued in both, and neither says http`() throws {
    let (head, _) = try seen(
      top: Self.trusting,
      ["X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https", "Forwarded: for=203.0.113.7;proto=https"])
    #expect(head.values("x-forwarded-for") == ["203.0.113.7, 127.0.0.1"])
    #expect(head.values("forwarded") == ["for=203.0.113.7;proto=https, for=127.0.0.1"])
    #expect(!head.fields.contains { $0.lowercased().contains("proto=http,") || $0.hasSuffix("proto=http") })
  }

  @Test(arguments: ["X-Forwarded-For", "Forwarded"])
  func `what a front says in bytes that are no text goes on byte for byte, and grows by us alone`(
    name: String
  ) throws {
    let fixture = try GatewayFixture(top: Self.trusting)
    let request = SignedRequest().with { $0.lines = ["Host: a", "\(name): ~a~", "\(name): ~"] }
    #expect(try fixture.gateway.exchange(request.bytes.map { $0 == 0x7E ? 0xFF : $0 }).status == 200)
    let ours = name == "Forwarded" ? "for=127.0.0.1" : "127.0.0.1"
    #expect(
      try fixture.upstream.onlyRequest().head.values(name.lowercased()) == ["\u{FF}a\u{FF}, \u{FF}, \(ours)"])
  }

  @Test(
    arguments: [
      (["X-Forwarded-For: 203.0.113.7:51008"], "203.0.113.7"),
      (["X-Forwarded-For: 203.0.113.7:51008, 10.0.0.6"], "203.0.113.7"),
      (["X-Forwarded-For: 203.0.113.7, 10.0.0.6:80"], "203.0.113.7"),
      (["X-Forwarded-For: [2001:db8::7]:64828"], "2001:db8::7"),
      (["X-Forwarded-For: [2001:db8::7]"], "2001:db8::7"),
      (["X-Forwarded-For: 2001:db8::7"], "2001:db8::7"),
      (["Forwarded: for=\"[2001:db8::7]:4711\";proto=https"], "2001:db8::7"),
      (["Forwarded: for=203.0.113.7, For=\"10.0.0.6:80\";by=10.0.0.7"], "203.0.113.7"),
      (["Forwarded: proto=https;for=203.0.113.7"], "203.0.113.7"),
      (["Forwarded: for=192.0.2.1", "X-Forwarded-For: 203.0.113.7"], "203.0.113.7"),
      (["Forwarded: for=_hidden"], "127.0.0.1"), (["Forwarded: for=unknown, for=10.0.0.6"], "10.0.0.6"),
      (["X-Forwarded-For: 203.0.113.7:port"], "127.0.0.1"), (["X-Forwarded-For: [203.0.113.7]"], "127.0.0.1"),
      (["X-Forwarded-For: 203.0.113.7:510080"], "127.0.0.1"),
      (["X-Forwarded-For: 2001:db8::7:"], "127.0.0.1"),
      (["X-Forwarded-For: 203.0.113.7" + String(repeating: ", 10.0.0.6", count: 15)], "203.0.113.7"),
      (["X-Forwarded-For: 203.0.113.7" + String(repeating: ", 10.0.0.6", count: 16)], "10.0.0.6"),
    ] as [([String], String)])
  func `the log names the sender, whatever the front adds to his address`(
    lines: [String], remote: String
  ) throws {
    #expect(try seen(top: Self.trusting, lines).log.contains("remote=\(remote) "))
  }

  @Test func `a field that stays behind for its name is counted in the delivery's log line`() throws {
    let (head, log) = try seen(["event_type: payment", "a.b: c", "X-Stays: 2"])
    #expect(!head.has("event_type") && head.has("x-stays"))
    #expect(log.contains(" fields_left_behind=2 "))
    #expect(try !seen(["X-Stays: 2"]).log.contains("fields_left_behind"))
  }
}
