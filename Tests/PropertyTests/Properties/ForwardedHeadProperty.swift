import Formats
import HTTP
import Signing

@testable import Forwarding
@testable import Gateway

/// What holds of every head that leaves: its lines are names of letters, digits and
/// hyphens, with one mark among them, and that is ours. The first byte of an input chooses the
/// circumstances, the rest is a request as a sender would send it.
enum ForwardedHeadProperty {
  static func violation(_ input: [UInt8]) -> String? {
    guard let flags = input.first, let head = head(Array(input.dropFirst())) else { return nil }
    let circumstances = Circumstances(flags: flags)
    let request = circumstances.request(head)
    let witness = LeavingWitness(circumstances: circumstances, sent: head, request: request)
    return witness.textViolation(text(request, circumstances)) ?? witness.markViolation()
      ?? witness.nameViolation() ?? witness.targetViolation()
  }

  private static func head(_ bytes: [UInt8]) -> RequestHead? {
    var reader = RequestReader(bounds: Limits().requestBounds)
    return bytes.withUnsafeBytes { bytes in
      var consumed = 0
      guard case .head(let head)? = try? reader.read(bytes, consumed: &consumed) else { return nil }
      return head
    }
  }

  private static func text(_ request: ForwardRequest, _ circumstances: Circumstances) -> [UInt8] {
    let upstream = circumstances.route.upstreams[0]
    let writer = RequestWriter()
    writer.write(
      method: request.method, target: request.target(at: upstream),
      host: request.hasHost ? nil : upstream.authority, headers: request.headers, length: 3)
    return Array(writer.bytes)
  }
}

/// How a request comes and goes.
private struct Circumstances {
  let isTrusted: Bool
  let isObserved: Bool
  let peer: Peer
  let route: Route

  init(flags: UInt8) {
    isTrusted = flags & 1 != 0
    isObserved = flags & 2 != 0
    let addresses = ["192.0.2.1", "2001:db8::1", nil]
    peer = Peer(address: addresses[Int(flags >> 6) % 3].flatMap { IPAddress(text: $0) })
    route = Route(
      path: PathPattern(flags & 4 != 0 ? "/*" : "/hook")!, secretFileIndex: 0,
      upstreams: [Upstream(name: "app", host: "app", port: 80, query: flags & 32 != 0 ? [0x71] : nil)],
      preservesHost: flags & 8 != 0,
      mark: flags & 16 != 0 ? VerifiedMark(name: "X-Checked-By", value: "gate") : VerifiedMark())
  }

  var mark: (name: String, value: String) {
    isObserved
      ? (route.mark.failedName, Unverified.mismatch.label) : (route.mark.name, route.mark.value)
  }

  func request(_ head: RequestHead) -> ForwardRequest {
    let context = PlanContext(
      route: route, markNames: RouteTable([route]).markNames,
      restStart: route.path.isPrefix ? 1 : head.pathCount, peer: peer, isTrusted: isTrusted,
      requestID: "made-here", arrival: Moment(unixMilliseconds: 0, uptimeNanoseconds: 0))
    guard !isObserved else {
      return ForwardRequest(observed: head, body: BodyBuffer(), reason: .mismatch, context)
    }
    return ForwardRequest(verified: Self.verified(head), context)
  }

  /// Only the verifier makes one, so it gets a genuine signature to verify.
  private static func verified(_ head: RequestHead) -> VerifiedDelivery {
    let verifier = Verifier(claim: claim, ring: KeyRing(set: secrets, hash: .sha256), tolerance: .unlimited)
    let arrival = Moment(unixMilliseconds: 0, uptimeNanoseconds: 0)
    guard case .verified(let delivery) = verifier.judge(head, BodyBuffer(), arrival: arrival) else {
      fatalError("a genuine signature was refused")
    }
    return delivery
  }

  private static let secrets = SecretSet(path: "/s", lines: [Secret([1])], keys: [Secret([1])])

  private static let claim: SignatureClaim = {
    var headers = HeaderList()
    let signed = SignedHeaders(
      body: UnsafeRawBufferPointer(start: nil, count: 0), layout: .github, key: Secret([1]), timestamp: "",
      id: "")
    for field in signed.fields { headers.append(name: field.name, value: field.value) }
    do { return try ClaimReader(.github).read(headers) } catch { fatalError("\(error)") }
  }()
}

private struct LeavingWitness {
  let circumstances: Circumstances
  let sent: RequestHead
  let request: ForwardRequest

  private var fields: [(name: [UInt8], value: [UInt8])] {
    (0..<request.headers.count).map { index in
      request.headers.withField(index) { (Array($0), Array($1)) }
    }
  }

  /// The text says what the plan says, whole, and nothing else but the upstream's `Host` and the body's length.
  func textViolation(_ text: [UInt8]) -> String? {
    let target = request.target(at: circumstances.route.upstreams[0])
    var lines = [Array("\(request.method) ".utf8) + target + Array(" HTTP/1.1".utf8)]
    if !fields.contains(where: { $0.name.lowercased.text == "host" }) {
      lines.append(Array("Host: app".utf8))
    }
    lines += fields.map { $0.value.isEmpty ? $0.name + [0x3A] : $0.name + [0x3A, 0x20] + $0.value }
    lines.append(Array("Content-Length: 3".utf8))
    guard lines.allSatisfy(\.isFreeOfLineEndsAndNUL) else { return "a line end or NUL in a line" }
    return Array((lines + [[], []]).joined(separator: [0x0D, 0x0A])) == text
      ? nil : "the text is not what was planned"
  }

  /// However an app's container folds names, it finds our mark once and nobody else's.
  func markViolation() -> String? {
    let ours = circumstances.mark
    var names = ["X-Verified", circumstances.route.mark.name].flatMap { [$0, $0 + "-Failed"] }
    // No sender makes a test of his delivery.
    names.append("X-Delivery-Test")
    let marks = Set(names.map { $0.utf8.folded })
    let found = fields.filter { marks.contains($0.name.folded) }
    guard found.count == 1, found[0].name == Array(ours.name.utf8), found[0].value == Array(ours.value.utf8)
    else { return "the mark is not ours alone" }
    return nil
  }

  func nameViolation() -> String? {
    let forbidden = [
      "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
      "content-length", "expect", "proxy-authorization", "proxy-authenticate",
    ]
    for field in fields {
      guard !field.name.isEmpty, field.name.folded == field.name.lowercased else {
        return "\(field.name.text) could be folded"
      }
      if forbidden.contains(field.name.lowercased.text) { return "\(field.name.text) leaves" }
      guard field.value == field.value.trimmed else { return "blanks around a value" }
    }
    let hosts = fields.count { $0.name.lowercased.text == "host" }
    let mayHaveHost = circumstances.route.preservesHost && sent.hostIndex != nil
    return hosts == (mayHaveHost ? 1 : 0) ? nil : "\(hosts) Host fields leave"
  }

  func targetViolation() -> String? {
    let target = request.target(at: circumstances.route.upstreams[0])
    guard target.first == UInt8(ascii: "/"), target.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      return "the target \(target.text)"
    }
    return nil
  }
}
