import Formats
import HTTP
import Signing
import TestSupport
import Testing

@testable import Gateway

/// A planned request that is stored, read again and sent later.
@Suite struct StoredRequestTests {
  private static let seal = Secret(Array("a key of the gateway's own".utf8))
  private static let identity = Array("0123456789abcdef".utf8)

  private func planned(_ target: String, _ body: [UInt8], route: Route) throws -> ForwardRequest {
    var planning = Planning()
    planning.route = route
    let fields = [("Content-Type", "application/json"), ("X-Empty", ""), ("X-Request-Id", "r1")]
    return try planning.verified(RequestHead("POST", target, bodyBytes: body.count, fields), body: body)
  }

  private func stored(_ request: ForwardRequest, route: Route) throws -> StoredRequest {
    let stored = try StoredRequest(request, identity: Self.identity, routeName: route.name)
    return try StoredRequest(stored.bytes(sealedBy: Self.seal), sealedBy: Self.seal)
  }

  @Test func `what was stored leaves as it would have left at once`() throws {
    let route = Route("/hook/*")
    let request = try planned("/hook/a/b?c=d", Array(0...255), route: route)
    let stored = try stored(request, route: route)
    #expect(stored.identity == Self.identity && stored.routeName == route.name)
    let later = ForwardRequest(stored, route: route, arrival: moment(secondsAfterSample: 600))
    #expect(later.headers.lines == request.headers.lines)
    #expect(Array(later.body.bytes) == Array(request.body.bytes))
    #expect(
      (later.method, later.hasBody, later.hasHost) == (request.method, request.hasBody, request.hasHost))
    let upstream = route.upstreams[0]
    #expect(later.target(at: upstream) == request.target(at: upstream))
    #expect(later.isVerified)
  }

  @Test func `its time begins anew, and the mark is what the route says by now`() throws {
    let request = try planned("/hook", [], route: Route("/hook"))
    let stored = try stored(request, route: Route("/hook"))
    var times = ForwardTimes()
    times.totalSecondsMax = 7
    let route = Route(
      path: PathPattern("/hook")!, secretFileIndex: 0, upstreams: [.named("app")], times: times,
      mark: VerifiedMark(name: "X-Checked", value: "yes"))
    let arrival = moment(secondsAfterSample: 3_600)
    let later = ForwardRequest(stored, route: route, arrival: arrival)
    #expect(later.deadlineUptimeNanoseconds == arrival.uptimeNanoseconds + 7_000_000_000)
    #expect(later.headers.values("x-checked") == ["yes"])
    #expect(later.headers.values("x-verified") == [])
    #expect(later.headers.count == request.headers.count)
  }

  @Test func `only what was verified is stored`() {
    let request = Planning().observed(RequestHead("POST", "/hook", []), reason: .mismatch)
    #expect(throws: StoredRequestFault.unverified) {
      try StoredRequest(request, identity: Self.identity, routeName: "/hook")
    }
  }

  @Test func `what another key sealed, or nobody, is refused, be it but for a bit`() throws {
    let route = Route("/hook")
    let bytes = try StoredRequest(
      planned("/hook", Array("body".utf8), route: route), identity: Self.identity, routeName: route.name
    ).bytes(sealedBy: Self.seal)
    #expect(throws: StoredRequestFault.sealBroken) {
      try StoredRequest(bytes, sealedBy: Secret(Array("another".utf8)))
    }
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= 0x10
      let fault = index == 0 ? StoredRequestFault.unknownVersion : .sealBroken
      #expect(throws: fault, "byte \(index)") { try StoredRequest(damaged, sealedBy: Self.seal) }
    }
    for count in [0, 1, 32, bytes.count - 1] {
      #expect(throws: StoredRequestFault.self) {
        try StoredRequest(Array(bytes.prefix(count)), sealedBy: Self.seal)
      }
    }
  }

  @Test func `each part has its bound, and what no plan could have said is refused`() throws {
    let fine = StoredRequest.Parts(
      identity: [1], routeName: Array("/hook".utf8), method: Array("POST".utf8), hasBody: true)
    _ = try StoredRequest(fine)
    func fault(_ change: (inout StoredRequest.Parts) -> Void) -> StoredRequestFault? {
      var parts = fine
      change(&parts)
      do throws(StoredRequestFault) { _ = try StoredRequest(parts) } catch { return error }
      return nil
    }
    #expect(fault { $0.identity = [UInt8](repeating: 1, count: 128) } == nil)
    #expect(fault { $0.identity = [UInt8](repeating: 1, count: 129) } == .tooLarge)
    #expect(
      fault { $0.rest = [UInt8](repeating: 0x61, count: StoredRequest.targetBytesMax + 1) } == .tooLarge)
    #expect(fault { $0.method = [] } == .malformed)
    #expect(fault { $0.method = Array("PO ST".utf8) } == .malformed)
    #expect(fault { $0.rest = Array("a b".utf8) } == .malformed)
    #expect(fault { $0.query = Array("a=b".utf8) } == .malformed)
    #expect(fault { $0.query = Array("?a#b".utf8) } == .malformed)
    #expect(fault { $0.routeName = [0xFF] } == .malformed)
    #expect(fault { $0.headers = HeaderList(["X_Verified": "true"]) } == .malformed)
    #expect(fault { $0.headers = HeaderList(["X-A": "b\r\nX-Verified: true"]) } == .malformed)
    #expect(
      fault {
        $0.body = [1]; $0.hasBody = false
      } == .malformed)
  }
}
