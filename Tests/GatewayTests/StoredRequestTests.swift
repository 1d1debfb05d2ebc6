import Formats
import HTTP
import Signing
import TestSupport
import Testing

@testable import Gateway

/// A planned request that is stored, read again and sent later.
@Suite struct StoredRequestTests {
  private static let fields = AttemptFields(
    id: PublicID(unixMilliseconds: 1, random: (2, 3)), attempt: 1, isReplay: false)

  private func planned(
    _ target: String, _ body: [UInt8], route: Route, adding: [(String, String)] = []
  ) throws -> ForwardRequest {
    var planning = Planning()
    planning.route = route
    let fields = [("Content-Type", "application/json"), ("X-Empty", ""), ("X-Request-Id", "r1")] + adding
    return try planning.verified(RequestHead("POST", target, bodyBytes: body.count, fields), body: body)
  }

  private func stored(_ request: ForwardRequest) throws -> StoredRequest {
    let stored = try StoredRequest(request)
    return try StoredRequest(head: stored.head, method: stored.method, body: stored.body)
  }

  @Test func `what was stored leaves as it would have left at once, and says which delivery it is`() throws {
    let route = Route("/hook/*")
    let request = try planned("/hook/a/b?c=d", Array(0...255), route: route)
    let later = ForwardRequest(
      try stored(request), Self.fields, route: route, begin: moment(secondsAfterSample: 600))
    let own = ["X-Delivery-Id: \(Self.fields.id)", "X-Delivery-Attempt: 1"]
    #expect(later.headers.lines == request.headers.lines + own)
    #expect(Array(later.body.bytes) == Array(request.body.bytes))
    #expect(
      (later.method, later.hasBody, later.hasHost) == (request.method, request.hasBody, request.hasHost))
    let upstream = route.upstreams[0]
    #expect(later.target(at: upstream) == request.target(at: upstream))
    #expect(later.isVerified)
  }

  @Test func `its time begins anew, and the mark is what the route says by now`() throws {
    let request = try planned("/hook", [], route: Route("/hook"))
    var durable = DurableSettings()
    durable.attemptSecondsMax = 7
    let route = Route(
      path: PathPattern("/hook")!, secretFileIndex: 0, upstreams: [.named("app")],
      mark: VerifiedMark(name: "X-Checked", value: "yes"), durable: durable)
    let begin = moment(secondsAfterSample: 3_600)
    let later = ForwardRequest(try stored(request), Self.fields, route: route, begin: begin)
    #expect(later.deadlineUptimeNanoseconds == begin.uptimeNanoseconds + 7_000_000_000)
    #expect(later.headers.values("x-checked") == ["yes"])
    #expect(later.headers.values("x-verified") == [])
  }

  @Test func `a sender's own words about its delivery stay behind, however they are spelled`() throws {
    let forged = [
      ("X-Delivery-Id", "mine"), ("x-delivery-attempt", "9"), ("X-Delivery-Replay", "true"),
      ("X-DeliveryID", "mine"),
    ]
    let request = try planned("/hook", [], route: Route("/hook"), adding: forged)
    var again = Self.fields
    again.isReplay = true
    let later = ForwardRequest(
      try stored(request), again, route: Route("/hook"), begin: moment(secondsAfterSample: 0))
    #expect(later.headers.values("x-delivery-id") == ["\(Self.fields.id)"])
    #expect(later.headers.values("x-delivery-attempt") == ["1"])
    #expect(later.headers.values("x-delivery-replay") == ["true"])
    #expect(later.headers.values("x-deliveryid") == [])
  }

  @Test func `the signature's header is left out where that is wanted`() throws {
    let request = try planned(
      "/hook", [], route: Route("/hook"), adding: [("Mor-Signature", "s"), ("Mor-Extra", "1")])
    #expect(request.headers.values("mor-signature").count == 1)
    #expect(try StoredRequest(request).headers.values("mor-signature").count == 1)
    let without = try StoredRequest(request, leavingOut: "mor-signature")
    #expect(without.headers.values("mor-signature") == [] && without.headers.values("mor-extra") == ["1"])
  }

  @Test func `only what was verified is stored`() {
    let request = Planning().observed(RequestHead("POST", "/hook", []), reason: .mismatch)
    #expect(throws: StoredRequestFault.unverified) { try StoredRequest(request) }
  }

  @Test func `a head that was cut, or is of a later version, is refused`() throws {
    let stored = try StoredRequest(planned("/hook", Array("body".utf8), route: Route("/hook")))
    for count in stored.head.indices {
      #expect(throws: StoredRequestFault.self) {
        try StoredRequest(head: Array(stored.head.prefix(count)), method: "POST", body: stored.body)
      }
    }
    #expect(throws: StoredRequestFault.malformed) {
      try StoredRequest(head: stored.head + [0], method: "POST", body: stored.body)
    }
    #expect(throws: StoredRequestFault.unknownVersion) {
      try StoredRequest(head: [2] + stored.head.dropFirst(), method: "POST", body: stored.body)
    }
  }

  @Test func `each part has its bound, and what no plan could have said is refused`() throws {
    let fine = StoredRequest.Parts(method: Array("POST".utf8), hasBody: true)
    _ = try StoredRequest(fine)
    func fault(_ change: (inout StoredRequest.Parts) -> Void) -> StoredRequestFault? {
      var parts = fine
      change(&parts)
      do throws(StoredRequestFault) { _ = try StoredRequest(parts) } catch { return error }
      return nil
    }
    #expect(
      fault { $0.rest = [UInt8](repeating: 0x61, count: StoredRequest.targetBytesMax + 1) } == .tooLarge)
    #expect(fault { $0.method = [] } == .malformed)
    #expect(fault { $0.method = Array("PO ST".utf8) } == .malformed)
    #expect(fault { $0.rest = Array("a b".utf8) } == .malformed)
    #expect(fault { $0.query = Array("a=b".utf8) } == .malformed)
    #expect(fault { $0.query = Array("?a#b".utf8) } == .malformed)
    #expect(fault { $0.headers = HeaderList(["X_Verified": "true"]) } == .malformed)
    #expect(fault { $0.headers = HeaderList(["X-A": "b\r\nX-Verified: true"]) } == .malformed)
    #expect(
      fault {
        $0.body = [1]; $0.hasBody = false
      } == .malformed)
  }
}
