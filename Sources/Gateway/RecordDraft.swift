internal import Formats
internal import Signing

/// What becomes known of a delivery on its way, for its record.
struct RecordDraft {
  var outcome = DeliveryRecord.Outcome.refused
  var reason: String?
  var detail: String?
  var hasOtherBody = false
  private var proof: Proof?
  var isVerified: Bool { proof != nil }
  var ageSeconds: Int?
  var trace: TraceID?
  var fieldsLeftBehind = 0
  /// Its position in the route's list.
  private(set) var upstream: Int?
  private var upstreamStatus: Int?
  private(set) var delivery: PublicID?
  /// When it was handed to the store.
  var keepStart: Moment?

  mutating func verified(_ proof: Proof) {
    outcome = .forwarded
    self.proof = proof
    ageSeconds = proof.ageSeconds
  }

  /// Not verified, and forwarded all the same.
  mutating func observed(_ reason: Unverified) {
    outcome = .observed
    self.reason = reason.label
    detail = reason.detail
  }

  /// What an observing route forwards unverified keeps its outcome and its reason: `failed` is said of
  /// genuine deliveries, and somebody is called for them.
  mutating func fail(_ reason: String, _ detail: String? = nil) {
    if outcome == .observed {
      self.detail = "no answer, " + (detail.map { "\(reason): \($0)" } ?? reason)
    } else {
      outcome = .failed
      self.reason = reason
      self.detail = detail
    }
  }

  /// An upstream's answer was handed back. What an observing route forwards unverified keeps its outcome.
  mutating func answered(_ status: Int) {
    if outcome == .forwarded, status >= 500 { outcome = .appError }
  }

  /// Verified, and answered by the gateway itself all the same.
  mutating func turnedAway() { outcome = .refused }

  mutating func kept(_ outcome: DeliveryRecord.Outcome, _ delivery: PublicID, detail: String?) {
    self.outcome = outcome
    self.delivery = delivery
    self.detail = detail
  }

  /// Its first was answered: nothing was sent.
  mutating func repeated() { outcome = .duplicate }

  mutating func note(upstream index: Int, status: Int?) {
    upstream = index
    upstreamStatus = status
  }

  func fill(_ record: inout DeliveryRecord) {
    record.trace = trace
    record.fieldsLeftBehind = fieldsLeftBehind
    record.reason = reason
    record.detail = detail
    record.hasOtherBody = hasOtherBody
    record.secretPosition = proof?.position
    record.secretFingerprint = proof?.fingerprint
    record.ageSeconds = ageSeconds
    record.upstreamStatus = upstreamStatus
    record.delivery = delivery
  }
}
