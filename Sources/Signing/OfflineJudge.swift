public import Formats
public import HTTP

/// Judges and signs single deliveries away from any event loop, by the very code that the gateway runs.
public enum OfflineJudge {
  /// - Throws: why the delivery is not verified.
  public static func judge(
    _ head: RequestHead, body: UnsafeRawBufferPointer, layout: SignatureLayout, secrets: SecretSet,
    at moment: Moment
  ) throws(Unverified) -> Proof {
    let claim = try ClaimReader(layout).read(head.headers)
    let ring = KeyRing(set: secrets, hash: layout.hash)
    let verifier = Verifier(claim: claim, ring: ring, tolerance: layout.tolerance)
    let collected = BodyBuffer()
    collected.append(body)
    verifier.feed(body)
    switch verifier.judge(head, collected, arrival: moment) {
    case .verified(let delivery): return delivery.proof
    case .refused(let reason): throw reason
    }
  }
}

/// The headers by which a sender would sign a body: for tests, tools and the first try.
public struct SignedHeaders: Sendable {
  /// Names as the layout has them, in lower case.
  public let fields: [(name: String, value: String)]

  /// `timestamp` stands as it is, so that it can be anything a sender might send; so does `id`.
  public init(
    body: UnsafeRawBufferPointer, layout: SignatureLayout, key: Secret, timestamp: String, id: String
  ) {
    let signature = SignedHeaders.signature(body, layout, key, timestamp, id)
    var fields: [(String, String)] = []
    var elements: [String] = []
    for (source, value) in [(layout.idSource, id), (layout.timestampSource, timestamp)] {
      switch source {
      case .none: break
      case .header(let name): fields.append((name, value))
      case .key(let key): elements.append("\(key)=\(value)")
      }
    }
    elements.append(layout.prefix + signature)
    let separator = layout.listSeparator.map(String.init) ?? ""
    fields.append((layout.header, elements.joined(separator: separator)))
    self.fields = fields
  }

  private static func signature(
    _ body: UnsafeRawBufferPointer, _ layout: SignatureLayout, _ key: Secret, _ timestamp: String,
    _ id: String
  ) -> String {
    let hmac = KeyedHMAC(key: key, hash: layout.hash)
    hmac.begin()
    for part in layout.signed.parts {
      switch part {
      case .literal(let bytes): bytes.withUnsafeBytes { hmac.update($0) }
      case .timestamp: Array(timestamp.utf8).withUnsafeBytes { hmac.update($0) }
      case .id: Array(id.utf8).withUnsafeBytes { hmac.update($0) }
      case .body: hmac.update(body)
      }
    }
    return hmac.finish().withBytes { digest in
      switch layout.encoding {
      case .hex: Hex.encode(digest)
      case .base64: Base64.encode(digest)
      case .base64url: Base64.encode(digest, alphabet: .url)
      }
    }
  }
}

extension SignatureLayout {
  /// The instant as this layout writes timestamps.
  public func timestampText(unixMilliseconds: Int64) -> String {
    switch timestampUnit {
    case .seconds: String(unixMilliseconds / 1000)
    case .milliseconds: String(unixMilliseconds)
    case .rfc3339: RFC3339.text(unixMilliseconds: unixMilliseconds)
    }
  }
}
