internal import Formats
internal import HTTP
internal import Signing

/// Tries every combination, the likely ones first, until one gives a signature that the delivery carries.
struct Search {
  let refused: RefusedCase
  let limits: WorkLimits
  let signatures: [SignatureCandidate]
  let timestamps: [TimestampCandidate]
  let forms: [SignedForm]
  let keys: [KeyCandidate]
  /// Of other routes' files: only over the body as it came.
  let otherKeys: [KeyCandidate]
  let bodies: [BodyCandidate]

  private(set) var combinations = 0
  private(set) var hashedBytes = 0
  /// Whether a limit kept something from being tried.
  private(set) var isCut = false

  init(_ refused: RefusedCase, limits: WorkLimits) {
    self.refused = refused
    self.limits = limits
    let json = refused.body.count <= limits.jsonBytesMax ? JSONValue(reading: refused.body) : nil
    signatures = SignatureCandidate.all(in: refused.head.headers)
    timestamps = TimestampCandidate.all(refused, signatures: signatures, json: json)
    forms = SignedForm.all(refused, timestamps: timestamps)
    keys = KeyCandidate.all(refused.secrets, decoding: refused.layout.keyDecoding)
    otherKeys = KeyCandidate.all(refused.others)
    bodies = BodyCandidate.all(refused.body, json: json)
  }

  /// The best reading of what matches; nil when nothing does.
  mutating func match() -> Match? {
    let hashes = Hash.allCases.filter { hash in signatures.contains { $0.hash == hash } }
    for body in bodies {
      for key in keys {
        for hash in hashes {
          guard let match = match(body, key, hash) else { continue }
          return match
        }
      }
    }
    guard let body = bodies.first(where: { $0.form == .asSent }) else { return nil }
    for key in otherKeys {
      for hash in hashes {
        if let match = match(body, key, hash) { return match }
      }
    }
    return nil
  }

  private mutating func match(_ body: BodyCandidate, _ key: KeyCandidate, _ hash: Hash) -> Match? {
    let hmac = KeyedHMAC(key: key.key, hash: hash)
    for form in forms {
      guard spend(form.before.count + body.bytes.count + form.behind.count) else { return nil }
      let digest = digest(hmac, form, body)
      // Every signature is compared, whichever matches.
      let matching = signatures.filter { $0.hash == hash && $0.digest.matches(digest) }
      guard !matching.isEmpty else { continue }
      return best(body, key, forms.filter { $0.signsSameBytes(as: form) }, matching)
    }
    return nil
  }

  private func digest(_ hmac: KeyedHMAC, _ form: SignedForm, _ body: BodyCandidate) -> Digest {
    hmac.begin()
    form.before.withUnsafeBytes { hmac.update($0) }
    body.bytes.withUnsafeBytes { hmac.update($0) }
    form.behind.withUnsafeBytes { hmac.update($0) }
    return hmac.finish()
  }

  private mutating func spend(_ bytes: Int) -> Bool {
    // An HMAC costs something for no bytes too.
    guard combinations < limits.combinationsMax, hashedBytes + bytes + 256 <= limits.hashedBytesMax else {
      isCut = true
      return false
    }
    combinations += 1
    hashedBytes += bytes + 256
    return true
  }

  /// The same bytes under the same signature can be read in several ways, as where two headers hold the
  /// timestamp: the one nearest to the settings in force wins, then the one that needs the fewest lines.
  private func best(
    _ body: BodyCandidate, _ key: KeyCandidate, _ forms: [SignedForm], _ signatures: [SignatureCandidate]
  ) -> Match? {
    let all = forms.flatMap { form in
      signatures.map { Match(refused, body: body, key: key, form: form, signature: $0) }
    }
    return all.enumerated().min { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }?.element
  }
}

/// A combination that gives a signature which the delivery carries.
struct Match {
  let body: BodyCandidate.Form
  let key: KeyCandidate
  let form: SignedForm
  /// What the settings would have to say.
  let layout: SignatureLayout
  /// Those settings; nil where there are none that say it.
  let lines: [String]?
  /// What the gateway itself says of the delivery under that layout, with that key and that body.
  let judged: Result<Proof, Unverified>
  let isLayoutInForce: Bool
  /// False of a replaced secret outside the time in which it is still accepted.
  let isInTime: Bool

  init(
    _ refused: RefusedCase, body: BodyCandidate, key: KeyCandidate, form: SignedForm,
    signature: SignatureCandidate
  ) {
    self.body = body.form
    self.key = key
    self.form = form
    layout = Match.layout(refused.layout, key, form, signature)
    lines = form.isExpressible ? SettingLines.of(layout) : nil
    judged = Match.judge(refused, body, key, layout)
    isLayoutInForce = layout == refused.layout
    isInTime = Match.isInTime(refused, body, key, layout)
  }

  /// Lower is better.
  var rank: Int {
    if isLayoutInForce { return 0 }
    guard let lines else { return 1000 }
    if case .failure(let reason) = judged, !reason.isStale { return 500 }
    return lines.count
  }

  private static func layout(
    _ inForce: SignatureLayout, _ key: KeyCandidate, _ form: SignedForm, _ signature: SignatureCandidate
  ) -> SignatureLayout {
    var layout = SignatureLayout(
      header: signature.header, encoding: signature.encoding, prefix: signature.prefix,
      listSeparator: signature.separator, hash: signature.hash, signed: form.template,
      keyDecoding: key.form.setting ?? .raw, tolerance: .unlimited)
    if form.template.contains(.id) { layout.idSource = form.idHeader.map { .header($0) } ?? .none }
    guard let timestamp = form.timestamp else { return layout }
    layout.timestampSource = timestamp.place.source
    layout.timestampUnit = timestamp.unit.setting ?? .seconds
    // The tolerance is the operator's, and no finding raises it.
    layout.tolerance = inForce.signed.contains(.timestamp) ? inForce.tolerance : .seconds(300)
    if inForce.timestampDigits == timestamp.bytes.count || !layout.problems().isEmpty,
      layout.timestampUnit != .rfc3339
    {
      layout.timestampDigits = timestamp.bytes.count
    }
    return layout
  }

  /// Judged among the file's own secrets, as the gateway does it.
  private static func isInTime(
    _ refused: RefusedCase, _ body: BodyCandidate, _ key: KeyCandidate, _ layout: SignatureLayout
  ) -> Bool {
    guard let replaced = key.replaced else { return true }
    let previous = PreviousSecret(
      line: key.line, key: key.key, signedBeforeUnixMilliseconds: replaced.signedBeforeUnixMilliseconds,
      untilUnixMilliseconds: replaced.untilUnixMilliseconds)
    let secrets = SecretSet(
      path: refused.secrets.path, lines: refused.secrets.lines, keys: refused.secrets.keys,
      previous: [previous])
    return body.bytes.withUnsafeBytes { bytes in
      (try? OfflineJudge.judge(
        refused.head, body: bytes, layout: layout, secrets: secrets, at: refused.arrival)) != nil
    }
  }

  private static func judge(
    _ refused: RefusedCase, _ body: BodyCandidate, _ key: KeyCandidate, _ layout: SignatureLayout
  ) -> Result<Proof, Unverified> {
    let secrets = SecretSet(path: refused.secrets.path, lines: [key.line], keys: [key.key])
    return body.bytes.withUnsafeBytes { bytes in
      do throws(Unverified) {
        return .success(
          try OfflineJudge.judge(
            refused.head, body: bytes, layout: layout, secrets: secrets, at: refused.arrival))
      } catch {
        return .failure(error)
      }
    }
  }
}

extension Unverified {
  var isStale: Bool { if case .stale = self { true } else { false } }
}

extension KeyCandidate.Form {
  /// The value of `key-decoding`; nil where the line in the secret file has to be written in another way.
  var setting: SignatureLayout.KeyDecoding? {
    if case .decoded(let decoding) = self { decoding } else { nil }
  }
}

extension SignedForm {
  /// Whether settings can say where the timestamp comes from and what unit it has.
  var isExpressible: Bool {
    guard let timestamp else { return true }
    return timestamp.rewrittenAs == nil && timestamp.unit.setting != nil && timestamp.place.source != .none
  }
}

extension TimestampCandidate.Place {
  var source: SignatureLayout.Source {
    switch self {
    case .header(let name): .header(name)
    case .element(_, let key): .key(key)
    case .body: .none
    }
  }
}
