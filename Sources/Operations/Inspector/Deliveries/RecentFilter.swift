/// Which recent deliveries a page is about, as its address says it.
struct RecentFilter: Sendable {
  static let names = ["route", "outcome", "status", "reason", "id", "text", "since", "until"]
  static let outcomes = [
    "verified", "refused", "forwarded", "stored", "duplicate", "app-error", "failed", "abandoned", "observed",
  ]

  let fields: InspectorFields
  /// Unix milliseconds.
  let now: Int64

  /// Why it is none, for people.
  var flaw: String? {
    if let outcome = fields["outcome"], !Self.outcomes.contains(outcome) {
      return "\(outcome) is no outcome: those are \(Self.outcomes.joined(separator: ", "))"
    }
    return fields.statusFlaw ?? fields.textFlaw ?? fields.timeFlaw(now)
  }

  var filter: RecentDeliveries.Filter {
    var filter = RecentDeliveries.Filter()
    filter.route = fields["route"]
    filter.outcome = fields["outcome"]
    filter.status = fields.status
    filter.reason = fields["reason"]
    filter.id = fields["id"]
    filter.text = fields["text"]
    filter.since = fields.instant("since", now).milliseconds
    filter.until = fields.instant("until", now).milliseconds
    return filter
  }

  var kept: [(name: String, value: String?)] { fields.kept(Self.names) }
  var isNarrowed: Bool { Self.names.contains { fields[$0] != nil } }

  func form(_ routes: [InspectedRoute]) -> HTML {
    FilterForm(
      address: PageSection.recent.address, fields: fields,
      first: [
        Parts.field("Route", name: "route", value: fields["route"], options: routes.map(\.name)),
        Parts.choice(
          "Outcome", name: "outcome", value: fields["outcome"], options: Self.outcomes.map { ($0, $0) }),
        Parts.field(
          "Reason", name: "reason", value: fields["reason"],
          options: [
            "mismatch", "stale", "signature-missing", "timestamp-missing", "no-such-path",
          ]),
        Parts.field("Since", name: "since", value: fields["since"], hint: "90m, 12h, 3d, or a time"),
      ],
      more: [
        Parts.field("Until", name: "until", value: fields["until"], hint: "12h, or a time"),
        Parts.field("Status", name: "status", value: fields["status"], hint: "401"),
        Parts.field("Request or delivery id", name: "id", value: fields["id"], hint: "or its beginning"),
        Parts.field("Text in the body", name: "text", value: fields["text"]),
      ],
      moreNames: ["until", "status", "id", "text"], isNarrowed: isNarrowed
    ).html
  }
}
