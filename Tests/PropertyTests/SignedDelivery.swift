import Formats
import HTTP
import Signing
import TestSupport

@testable import Gateway

/// A genuine delivery, made at random.
struct SignedDelivery {
  static let secret = Array("property secret 81c7".utf8)
  static let now = Moment(unixMilliseconds: 1_781_519_012_000, uptimeNanoseconds: 7_000_000_000)

  let layout: SignatureLayout
  var fields: [(name: String, value: [UInt8])]
  var body: [UInt8]

  init(_ layout: SignatureLayout, using generator: inout SeededGenerator) {
    self.layout = layout
    body = generator.bytes(Int.random(in: 0...300, using: &generator))
    let timestamp = layout.timestampText(unixMilliseconds: Self.now.unixMilliseconds)
    let signed = body.withUnsafeBytes {
      SignedHeaders(
        body: $0, layout: layout, key: Secret(Self.secret), timestamp: timestamp,
        id: "msg_\(UInt64.random(in: 0 ... .max, using: &generator))")
    }
    fields = signed.fields.map { ($0.name, Array($0.value.utf8)) }
  }

  /// The request as a sender would write it: with a length, or in random chunks.
  func request(using generator: inout SeededGenerator) -> [UInt8] {
    var bytes = Array("POST /hook HTTP/1.1\r\nHost: a\r\n".utf8)
    for field in fields { bytes += Array("\(field.name): ".utf8) + field.value + Array("\r\n".utf8) }
    guard Bool.random(using: &generator) else {
      return bytes + Array("Content-Length: \(body.count)\r\n\r\n".utf8) + body
    }
    bytes += Array("Transfer-Encoding: chunked\r\n\r\n".utf8)
    for chunk in body.cut(using: &generator) where !chunk.isEmpty {
      bytes += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + Array("\r\n".utf8)
    }
    return bytes + Array("0\r\n\r\n".utf8)
  }
}

/// What the gateway's core makes of one request that comes in pieces.
struct Reading: Equatable {
  var body: [UInt8] = []
  var rejection: RequestFault?
  /// Nil until the request is over.
  var verification: Result<Proof, Unverified>?

  var isVerified: Bool { if case .success? = verification { true } else { false } }

  init(_ pieces: [[UInt8]], _ layout: SignatureLayout) {
    var reader = RequestReader(bounds: Limits().requestBounds)
    var judge = Judge(layout: layout)
    do throws(RequestFault) {
      for piece in pieces {
        try piece.withUnsafeBufferPointer { (piece) throws(RequestFault) in
          try take(UnsafeRawBufferPointer(piece), &reader, &judge)
        }
      }
    } catch {
      rejection = error
    }
  }

  private mutating func take(
    _ piece: UnsafeRawBufferPointer, _ reader: inout RequestReader, _ judge: inout Judge
  ) throws(RequestFault) {
    var rest = piece
    // One request; what follows it is another's.
    while verification == nil {
      var consumed = 0
      let event = try reader.read(rest, consumed: &consumed)
      switch event {
      case .needMore: return
      case .head(let head): judge.begin(head)
      case .body(let range):
        let part = UnsafeRawBufferPointer(rebasing: rest[range])
        body += part
        judge.feed(part)
      case .end: verification = judge.end()
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[consumed...])
    }
  }
}

/// The verifier, fed as the body comes.
private struct Judge {
  let layout: SignatureLayout
  private var head: RequestHead?
  private var claim: Result<SignatureClaim, Unverified>?
  private var verifier: Verifier?
  private let body = BodyBuffer()

  init(layout: SignatureLayout) { self.layout = layout }

  mutating func begin(_ head: RequestHead) {
    self.head = head
    let secret = Secret(SignedDelivery.secret)
    let set = SecretSet(path: "/s", lines: [secret], keys: [secret])
    do throws(Unverified) {
      let claim = try ClaimReader(layout).read(head.headers)
      verifier = Verifier(
        claim: claim, ring: KeyRing(set: set, hash: layout.hash), tolerance: layout.tolerance)
    } catch {
      claim = .failure(error)
    }
  }

  func feed(_ bytes: UnsafeRawBufferPointer) {
    body.append(bytes)
    verifier?.feed(bytes)
  }

  mutating func end() -> Result<Proof, Unverified>? {
    if case .failure(let reason)? = claim { return .failure(reason) }
    guard let head else { return nil }
    switch verifier?.judge(head, body, arrival: SignedDelivery.now) {
    case .verified(let delivery): return .success(delivery.proof)
    case .refused(let reason): return .failure(reason)
    case nil: return nil
    }
  }
}
