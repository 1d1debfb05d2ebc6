import Formats
import HTTP
import Signing
import TestSupport
import Testing

@testable import Gateway

@Suite struct HeaderPlanTests {
  /// What is always added for a stranger without a Host.
  static let added = [
    "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: http", "Forwarded: for=192.0.2.1;proto=http",
    "Via: 1.1 vesigate", "X-Request-Id: made-here",
  ]

  private func kept(_ fields: [(String, String)], _ planning: Planning = Planning()) throws -> [String] {
    let lines = try planning.lines(fields)
    #expect(lines.first == "X-Verified: true")
    #expect(Array(lines.suffix(Self.added.count)) == Self.added)
    return Array(lines.dropFirst().dropLast(Self.added.count))
  }

  @Test func `order, spelling and repeats are kept`() throws {
    let fields = [
      ("x-b", "2"), ("X-A", "1"), ("X-B", " 3"), ("x-b", ""), ("mor-SIGNATURE", "ab"), ("Cookie", "a=1"),
      ("Accept", "*/*"), ("Content-Type", "application/json; charset=utf-8"), ("Authorization", "Basic x"),
    ]
    #expect(try kept(fields) == fields.map { "\($0.0): \($0.1)" })
  }

  @Test func `bytes that are not UTF-8 stay what they are`() throws {
    let value: [UInt8] = [0xC3, 0x28, 0xFF]
    var headers = HeaderList()
    value.withUnsafeBytes { headers.append(name: "X-Raw", value: $0) }
    let head = RequestHead(
      method: "POST", target: Array("/hook".utf8), headers: headers, framing: .chunked, hostIndex: nil)
    let planned = try Planning().verified(head).headers
    guard case .once(let index) = planned.occurrence(of: Array("x-raw".utf8)) else {
      Issue.record("X-Raw must leave once")
      return
    }
    #expect(planned.withField(index) { Array($1) } == value)
  }

  @Test(arguments: [
    "Connection", "keep-alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "UPGRADE", "Expect",
    "Proxy-Authorization", "Proxy-Authenticate", "Content-Length", "Proxy", "HTTP2-Settings",
  ])
  func `what is meant for one connection, or said anew, does not leave`(name: String) throws {
    #expect(try kept([(name, "5"), ("X-A", "1"), (name.lowercased(), "5")]) == ["X-A: 1"])
  }

  @Test func `what Connection names does not leave`() throws {
    let fields = [
      ("X-One", "1"), ("Connection", "x-one, close , X-Two"), ("X-TWO", "2"), ("X-Three", "3"),
      ("connection", "keep-alive,x-four"), ("X-Four", "4"), ("Close", "5"), ("Connection", ""),
    ]
    #expect(try kept(fields) == ["X-Three: 3", "Close: 5"])
  }

  @Test(arguments: [
    "X--Verified", "XVerified", "-x-verified", "X-Verified-", "X-VerifiedFailed",
    "X-Verified", "x-verified", "X-VERIFIED", "X_Verified", "x_verified", "X-Verified-Failed",
    "x-VERIFIED-failed",
    "X_Verified_Failed", "X-Verified_Failed", "X.Verified", "X-Verified.", "X~Verified", "X-Verified!",
  ])
  func `a sender's own mark is stripped in every spelling`(name: String) throws {
    #expect(try kept([(name, "true"), ("X-A", "1"), (name, "false")]) == ["X-A: 1"])
  }

  @Test(arguments: [
    "X-Verified", "x-verified, close", "X-Request-Id, Via, Forwarded, X-Forwarded-For, X-Forwarded-Proto",
  ])
  func `Connection cannot take away what is ours`(value: String) throws {
    #expect(try kept([("Connection", value)]) == [])
  }

  @Test func `a configured mark replaces ours, and the names by default stay the gateway's alone`() throws {
    var planning = Planning()
    planning.route = Route("/hook", mark: VerifiedMark(name: "X-Genuine", value: "yes"))
    let fields = [
      ("X-Verified", "true"), ("x-GENUINE", "yes"), ("X_Genuine", "yes"), ("X-Genuine-Failed", "no"),
      ("X-Verified-Failed", "no"), ("X-A", "1"),
    ]
    let lines = try planning.lines(fields)
    #expect(lines == ["X-Genuine: yes", "X-A: 1"] + Self.added)
  }

  @Test(arguments: [
    "X-Delivery-Id", "x-delivery-attempt", "X-DELIVERY-REPLAY", "X-DeliveryID", "-x-delivery-id",
  ])
  func `what only the gateway says of a delivery is no sender's to say, on any route`(name: String) throws {
    #expect(try kept([(name, "mine"), ("X-Delivery", "1")]) == ["X-Delivery: 1"])
  }

  @Test func `a field of that name which the layout reads is the sender's own`() throws {
    var planning = Planning()
    var layout = SignatureLayout.vesicash
    layout.idSource = .header("x-delivery-id")
    planning.route = Route("/hook", layout: layout)
    #expect(
      try kept([("X-Delivery-Id", "7"), ("X-Delivery-Replay", "true")], planning) == ["X-Delivery-Id: 7"])
  }

  @Test func `an observed failure gets its reason and no mark`() {
    let head = RequestHead(
      "POST", "/hook", [("X-Verified", "true"), ("X-Verified-Failed", "no"), ("X-A", "1")])
    let request = Planning().observed(head, reason: .stale(ageSeconds: 400))
    #expect(request.headers.lines == ["X-Verified-Failed: stale", "X-A: 1"] + Self.added)
  }

  @Test(arguments: [
    "a_b", "a.b", "_", "a!", "a#b", "a$", "a%", "a&", "a'", "a*", "a+b", "a^", "a`", "a|b", "a~",
  ])
  func `a name that an app could fold into another does not leave`(name: String) throws {
    #expect(try kept([(name, "1"), ("A-B", "2")]) == ["A-B: 2"])
  }

  @Test func `the sender's Host is known to go on where the route says so`() throws {
    let sent = RequestHead("POST", "/hook", [("Host", "sender.test")])
    #expect(try Planning(route: Route("/hook", preservesHost: true)).verified(sent).hasHost)
    #expect(
      try !Planning(route: Route("/hook", preservesHost: true)).verified(RequestHead("POST", "/hook", []))
        .hasHost)
    #expect(try !Planning().verified(sent).hasHost)
  }
}

@Suite struct ForwardRequestTests {
  @Test(
    arguments: [
      ("POST", RequestHead.Framing.none, true), ("PUT", .none, true), ("GET", .none, false),
      ("HEAD", .none, false),
      ("DELETE", .none, false), ("GET", .length(0), true), ("GET", .length(5), true),
      ("DELETE", .chunked, true),
      ("POST", .length(0), true),
    ] as [(String, RequestHead.Framing, Bool)])
  func `a body is announced where one came or is meant`(
    method: String, framing: RequestHead.Framing, hasBody: Bool
  ) throws {
    let head = RequestHead(
      method: method, target: Array("/hook".utf8), headers: HeaderList(), framing: framing, hostIndex: nil)
    #expect(try Planning().verified(head).hasBody == hasBody)
  }

  @Test func `method, body and deadline are the delivery's`() throws {
    let body: [UInt8] = [0, 0xFF, 0x0D, 0x0A, 0]
    let request = try Planning().verified(RequestHead("PATCH", "/hook"), body: body)
    #expect(request.method == "PATCH")
    #expect(Array(request.body.bytes) == body)
    #expect(request.deadlineUptimeNanoseconds == sampleMoment.uptimeNanoseconds + 25_000_000_000)
  }

  @Test(arguments: [
    ("/hook", "/hook?a=1&a=2", "/app?a=1&a=2"), ("/hooks/*", "/hooks/x/y?q", "/app/x/y?q"),
    ("/hooks/*", "/hooks/", "/app"), ("/hooks/*", "/hooks/%C3%28", "/app/%C3%28"),
  ])
  func `the target at an upstream has the rest and the query`(path: String, sent: String, target: String)
    throws
  {
    var planning = Planning()
    planning.route = Route(path)
    let request = try planning.verified(RequestHead("POST", sent))
    #expect(String(decoding: request.target(at: .named("app", path: "/app")), as: UTF8.self) == target)
  }
}
