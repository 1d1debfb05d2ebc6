import Formats
import HTTP
import Signing
import TestSupport

/// A verifier's whole surroundings in memory: one layout, one secret file.
struct Judging {
  let layout: SignatureLayout
  let ring: KeyRing

  init(_ layout: SignatureLayout = .vesicash, secrets: [String] = ["test_webhook_secret"]) {
    self.init(layout, keys: secrets.map { Array($0.utf8) })
  }

  init(_ layout: SignatureLayout, keys: [[UInt8]]) {
    self.layout = layout
    let secrets = keys.map { Secret($0) }
    ring = KeyRing(set: SecretSet(path: "/secret", lines: secrets, keys: secrets), hash: layout.hash)
  }

  /// Reads the claim, feeds the body in parts of `partBytes` and judges.
  func judge(
    _ fields: [(String, String)], _ body: [UInt8], at arrival: Moment = sampleMoment,
    partBytes: Int = .max
  ) -> Result<Proof, Unverified> {
    judge(HeaderList(fields), body, at: arrival, partBytes: partBytes)
  }

  func judge(
    _ headers: HeaderList, _ body: [UInt8], at arrival: Moment = sampleMoment, partBytes: Int = .max
  ) -> Result<Proof, Unverified> {
    let claim: SignatureClaim
    do throws(Unverified) { claim = try ClaimReader(layout).read(headers) } catch {
      return .failure(error)
    }
    let verifier = Verifier(claim: claim, ring: ring, tolerance: layout.tolerance)
    let buffer = BodyBuffer(body)
    var rest = body[...]
    while !rest.isEmpty {
      rest.prefix(partBytes).withUnsafeBytes { verifier.feed($0) }
      rest = rest.dropFirst(partBytes)
    }
    let head = RequestHead(
      method: "POST", target: [], headers: headers, framing: .length(body.count), hostIndex: nil)
    switch verifier.judge(head, buffer, arrival: arrival) {
    case .verified(let delivery): return .success(delivery.proof)
    case .refused(let reason): return .failure(reason)
    }
  }
}

extension Result where Success == Proof, Failure == Unverified {
  var isVerified: Bool { if case .success = self { true } else { false } }
  var reason: Unverified? { if case .failure(let reason) = self { reason } else { nil } }
}
