import TestSupport
import Testing

/// W3C Trace Context, from the sender's bytes to the app's and to the log.
@Suite(.ownThread) struct TraceTests {
  private static let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"

  private func trace(
    _ lines: [String], route: String = ""
  ) throws -> (seen: RecordedRequest, logged: String?) {
    let fixture = try GatewayFixture(route: route)
    let request = SignedRequest().with { $0.lines += lines }
    #expect(try fixture.gateway.exchange(request.bytes).status == 200)
    let line = try fixture.gateway.waitForLog(containing: "msg=delivery")
    return (try fixture.upstream.onlyRequest(), TraceTests.traceID(in: line))
  }

  private static func traceID(in line: String) -> String? {
    line.split(separator: " ").first { $0.hasPrefix("trace_id=") }.map { String($0.dropFirst(9)) }
  }

  @Test func `a sender's trace goes on as it came, and the log has its id`() throws {
    let (seen, logged) = try trace(["TraceParent: \(Self.parent)", "tracestate: a=1,b=2", "tracestate: c=3"])
    #expect(seen.head.values("traceparent") == [Self.parent])
    #expect(seen.head.values("tracestate") == ["a=1,b=2", "c=3"])
    #expect(logged == "4bf92f3577b34da6a3ce929d0e0e4736")
  }

  @Test(arguments: [
    [], ["traceparent: nonsense", "tracestate: a=1"], ["traceparent:", "tracestate: a=1"],
    ["traceparent: \(parent)", "Traceparent: \(parent)", "tracestate: a=1"], ["tracestate: a=1"],
    ["traceparent: 00-00000000000000000000000000000000-00f067aa0ba902b7-01"],
  ])
  func `where there is no valid trace one begins, once, without the state of another`(lines: [String]) throws
  {
    let (seen, logged) = try trace(lines)
    let values = seen.head.values("traceparent")
    #expect(values.count == 1)
    let value = try #require(values.first)
    let match = try #require(value.wholeMatch(of: /00-([0-9a-f]{32})-([0-9a-f]{16})-01/))
    #expect(String(match.1) == logged)
    #expect(!String(match.1).allSatisfy { $0 == "0" } && !String(match.2).allSatisfy { $0 == "0" })
    #expect(!Self.parent.contains(match.1))
    #expect(!seen.head.has("tracestate"))
  }

  @Test func `each delivery without a trace begins one of its own`() throws {
    let fixture = try GatewayFixture(workers: 1)
    for _ in 0..<3 { #expect(try fixture.gateway.exchange(SignedRequest().bytes).status == 200) }
    let ids = Set(try fixture.upstream.requests(atLeast: 3).compactMap { $0.head.value("traceparent") })
    #expect(ids.count == 3)
  }

  @Test func `a route without tracing leaves all of it alone`() throws {
    let (seen, logged) = try trace(["traceparent: nonsense", "tracestate: a=1"], route: "trace: false")
    #expect(seen.head.values("traceparent") == ["nonsense"])
    #expect(seen.head.values("tracestate") == ["a=1"])
    #expect(logged == nil)
    let (other, _) = try trace([], route: "trace: false")
    #expect(!other.head.has("traceparent"))
  }

  @Test func `a refused delivery is logged with its sender's trace and begins none`() throws {
    let fixture = try GatewayFixture()
    for lines in [["traceparent: \(Self.parent)"], []] {
      let request = SignedRequest().with {
        $0.lines += lines
        $0.secret = "wrong"
      }
      #expect(try fixture.gateway.exchange(request.bytes).status == 401)
    }
    try eventuallyTwoRefusals(fixture)
    let refusals = fixture.gateway.log.filter { $0.contains("outcome=refused") }
    // Two connections are two loops' affair: either may be the first to tell.
    #expect(Set(refusals.map(Self.traceID)) == ["4bf92f3577b34da6a3ce929d0e0e4736", nil])
  }

  private func eventuallyTwoRefusals(_ fixture: GatewayFixture) throws {
    try #require(eventually { fixture.gateway.log.filter { $0.contains("outcome=refused") }.count == 2 })
  }
}
