import HTTP
import TestSupport
import Testing

@testable import Gateway

@Suite struct ForwardingFieldTests {
  static let claims = [
    ("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "pay.example"),
    ("Forwarded", "for=198.51.100.1;proto=https"), ("x-forwarded-for", "203.0.113.9"), ("Via", "1.1 front"),
    ("Host", "in.example:8480"),
  ]

  private func fields(_ planning: Planning, _ sent: [(String, String)]) throws -> HeaderList {
    try planning.verified(RequestHead("POST", "/hook", sent)).headers
  }

  @Test func `a stranger's claims are replaced`() throws {
    let headers = try fields(Planning(), Self.claims)
    #expect(headers.values("X-Forwarded-For") == ["192.0.2.1"])
    #expect(headers.values("X-Forwarded-Proto") == ["http"])
    #expect(headers.values("X-Forwarded-Host") == ["in.example:8480"])
    #expect(headers.values("Forwarded") == [#"for=192.0.2.1;host="in.example:8480";proto=http"#])
  }

  @Test func `a trusted proxy's are appended to`() throws {
    let headers = try fields(Planning(peer: "10.0.0.1", isTrusted: true), Self.claims)
    #expect(headers.values("X-Forwarded-For") == ["198.51.100.1, 203.0.113.9, 10.0.0.1"])
    #expect(headers.values("X-Forwarded-Proto") == ["https"])
    #expect(headers.values("X-Forwarded-Host") == ["pay.example"])
    #expect(headers.values("Forwarded") == ["for=198.51.100.1;proto=https, for=10.0.0.1"])
  }

  @Test func `a trusted proxy that says nothing is described like anyone`() throws {
    let headers = try fields(Planning(peer: "10.0.0.1", isTrusted: true), [("Host", "in.example")])
    #expect(headers.values("X-Forwarded-For") == ["10.0.0.1"])
    #expect(headers.values("X-Forwarded-Proto") == ["http"])
    #expect(headers.values("X-Forwarded-Host") == ["in.example"])
    #expect(headers.values("Forwarded") == [])
  }

  @Test func `what a trusted proxy leaves out of its Forwarded is not made up beside it`() throws {
    let sent = [("Forwarded", "for=198.51.100.1"), ("X-Forwarded-Proto", "https"), ("Host", "in.example")]
    let headers = try fields(Planning(peer: "10.0.0.1", isTrusted: true), sent)
    #expect(headers.values("Forwarded") == ["for=198.51.100.1, for=10.0.0.1"])
    #expect(headers.values("X-Forwarded-Proto") == ["https"])
    #expect(headers.values("X-Forwarded-For") == [] && headers.values("X-Forwarded-Host") == [])
  }

  @Test func `an empty claim of a trusted proxy adds nothing, no blank either`() throws {
    let empty = [("X-Forwarded-For", "198.51.100.1"), ("X-Forwarded-For", ""), ("Forwarded", "")]
    let headers = try fields(Planning(peer: "", isTrusted: true), empty)
    #expect(headers.values("X-Forwarded-For") == ["198.51.100.1"])
    #expect(headers.values("Forwarded") == [])
  }

  @Test func `an IPv6 address stands bare in X-Forwarded-For, in brackets and quotes in Forwarded`() throws {
    let headers = try fields(Planning(peer: "2001:db8::1"), [])
    #expect(headers.values("X-Forwarded-For") == ["2001:db8::1"])
    #expect(headers.values("Forwarded") == [#"for="[2001:db8::1]";proto=http"#])
  }

  @Test func `a unix socket's peer is unknown and adds no address`() throws {
    let stranger = try fields(Planning(peer: ""), Self.claims)
    #expect(stranger.values("X-Forwarded-For") == [])
    #expect(stranger.values("Forwarded") == [#"for=unknown;host="in.example:8480";proto=http"#])
    let front = try fields(Planning(peer: "", isTrusted: true), Self.claims)
    #expect(front.values("X-Forwarded-For") == ["198.51.100.1, 203.0.113.9"])
  }

  @Test func `Via grows by one entry with the version that the request came in`() throws {
    #expect(try fields(Planning(), Self.claims).values("Via") == ["1.1 front", "1.1 vesigate"])
    let old = RequestHead("POST", "/hook", [], minorVersion: 0)
    #expect(try Planning().verified(old).headers.values("Via") == ["1.0 vesigate"])
  }

  @Test func `the sender's Host leaves only where the route preserves it`() throws {
    #expect(try fields(Planning(), Self.claims).values("Host") == [])
    var planning = Planning()
    planning.route = Route("/hook", preservesHost: true)
    #expect(try fields(planning, Self.claims).values("Host") == ["in.example:8480"])
    #expect(
      try fields(planning, Self.claims + [("Connection", "host")]).values("Host") == ["in.example:8480"])
  }

  @Test func `X-Request-Id is added when absent and kept when present`() throws {
    #expect(try fields(Planning(), []).values("X-Request-Id") == ["made-here"])
    let kept = try fields(Planning(requestID: "theirs"), [("x-request-ID", "theirs")])
    #expect(kept.values("X-Request-Id") == ["theirs"])
  }

  @Test(arguments: [["two words"], [""], ["theirs", "theirs"], ["a", "b"]])
  func `an X-Request-Id that the log cannot take is replaced by the log's`(ids: [String]) throws {
    let replaced = try fields(Planning(), ids.map { ("X-Request-Id", $0) })
    #expect(replaced.values("X-Request-Id") == ["made-here"])
  }

  @Test func `an X-Request-Id that Connection takes away is set again`() throws {
    let sent = [("X-Request-Id", "theirs"), ("Connection", "X-Request-Id")]
    #expect(try fields(Planning(requestID: "theirs"), sent).values("X-Request-Id") == ["theirs"])
  }

  // Apache's CVE-2022-31813: a client's Connection field, passed on, erased the proxy's own.
  @Test func `Connection cannot erase what a trusted proxy said`() throws {
    let planning = Planning(peer: "10.0.0.1", isTrusted: true)
    let names = "X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, Forwarded"
    let sent = Self.claims + [("Connection", names)]
    for name in names.split(separator: ", ") {
      let untouched = try fields(planning, Self.claims).values(String(name))
      #expect(try fields(planning, sent).values(String(name)) == untouched)
    }
  }
}
