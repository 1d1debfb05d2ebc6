import Formats
import HTTP
import Signing
import TestSupport

@testable import Gateway

/// What would leave for one request, without any forwarder.
struct Planning {
  var route = Route("/hook")
  var peer = "192.0.2.1"
  var isTrusted = false
  var requestID = "made-here"

  /// The plan of a delivery that was verified.
  func verified(_ head: RequestHead, body: [UInt8] = []) throws -> ForwardRequest {
    let layout = SignatureLayout.github
    let set = SecretSet(path: "/s", lines: [Secret([1])], keys: [Secret([1])])
    let fields = Signed(layout: layout, key: [1]).fields(over: body)
    let claim = try ClaimReader(layout).read(HeaderList(fields))
    let verifier = Verifier(
      claim: claim, ring: KeyRing(set: set, hash: .sha256), tolerance: .unlimited)
    body.withUnsafeBytes { verifier.feed($0) }
    switch verifier.judge(head, BodyBuffer(body), arrival: sampleMoment) {
    case .verified(let delivery): return ForwardRequest(verified: delivery, context(head))
    case .refused(let reason): throw reason
    }
  }

  /// The plan of a delivery that failed where the route observes.
  func observed(_ head: RequestHead, reason: Unverified) -> ForwardRequest {
    ForwardRequest(observed: head, body: BodyBuffer([]), reason: reason, context(head))
  }

  /// The lines that leave for these fields.
  func lines(_ fields: [(String, String)]) throws -> [String] {
    try verified(RequestHead("POST", "/hook", fields)).headers.lines
  }

  private func context(_ head: RequestHead) -> PlanContext {
    PlanContext(
      route: route, markNames: RouteTable([route]).markNames,
      restStart: route.path.isPrefix ? route.path.bytes.count : head.pathCount,
      peer: Peer(address: IPAddress(text: peer)), isTrusted: isTrusted, requestID: requestID,
      arrival: sampleMoment)
  }
}
