internal import Formats
internal import Gateway

/// Which stored deliveries a page is about, as its address says it.
struct StoredFilter: Sendable {
  /// Named as the commands' options.
  static let names = [
    "id", "route", "state", "status", "reason", "text", "since", "until", "upstream", "secret",
  ]
  static let states = ["queued", "sending", "delivered", "dead", "cancelled", "orphaned"]

  let fields: InspectorFields
  /// Unix milliseconds.
  let now: Int64

  /// Why it is none, for people.
  var flaw: String? {
    if let id = fields["id"], PublicID(id) == nil {
      return "\(id) is no delivery's id: that is as in X-Delivery-Id, 36 characters"
    }
    if let state = fields["state"], !Self.states.contains(state) {
      return "\(state) is no state: those are \(Self.states.joined(separator: ", "))"
    }
    if let flaw = fields.statusFlaw { return flaw }
    // Whoever gives the secret itself is not told it again.
    if let secret = fields["secret"], !Self.isFingerprint(secret) {
      return
        "secret is a fingerprint of 8 hexadecimal digits, as vesigate secret list shows it, never the secret"
    }
    return fields.textFlaw ?? fields.timeFlaw(now)
  }

  private static func isFingerprint(_ text: String) -> Bool {
    text.utf8.count == 8 && text.utf8.allSatisfy(\.isHexDigit)
  }

  /// - Parameter asOf: what came later is not meant, Unix milliseconds.
  func request(_ verb: QueueRequest.Verb, asOf: Int64? = nil) -> QueueRequest {
    var request = QueueRequest(verb)
    if let id = fields["id"] {
      request.id = id
      request.state = fields["state"]
      return request
    }
    request.route = fields["route"]
    request.upstream = fields["upstream"]
    request.state = fields["state"]
    request.status = fields.status
    request.reason = fields["reason"]
    request.secret = fields["secret"]
    request.text = fields["text"]
    request.since = fields.instant("since", now).milliseconds
    request.until = [fields.instant("until", now).milliseconds, asOf].compactMap { $0 }.min()
    return request
  }

  /// For addresses and forms of the same filter.
  var kept: [(name: String, value: String?)] { fields.kept(Self.names) }

  /// The same, of another state.
  func kept(state: String) -> [(name: String, value: String?)] {
    kept.map { $0.name == "state" ? ("state", state) : $0 }
  }

  /// Nil where it is anything.
  var words: String? { fields.words(Self.names) }

  func form(_ routes: [InspectedRoute]) -> HTML {
    FilterForm(
      address: PageSection.stored.address, fields: fields,
      first: [
        Parts.field(
          "Route", name: "route", value: fields["route"], options: routes.filter(\.isDurable).map(\.name)),
        Parts.choice(
          "State", name: "state", value: fields["state"], options: Self.states.map { ($0, $0) }),
        Parts.field("Since", name: "since", value: fields["since"], hint: "90m, 12h, 3d, or a time"),
        Parts.field("Text in the body", name: "text", value: fields["text"]),
      ],
      more: [
        Parts.field("Delivery id", name: "id", value: fields["id"]),
        Parts.field("Until", name: "until", value: fields["until"], hint: "12h, or a time"),
        Parts.field("Last status", name: "status", value: fields["status"], hint: "500"),
        Parts.field(
          "Reason", name: "reason", value: fields["reason"],
          options: ["status", "age", "seal-broken", "poison"]),
        Parts.field("Upstream", name: "upstream", value: fields["upstream"]),
        Parts.field("Secret's fingerprint", name: "secret", value: fields["secret"]),
      ],
      moreNames: ["id", "until", "status", "reason", "upstream", "secret"], isNarrowed: words != nil
    ).html
  }
}
