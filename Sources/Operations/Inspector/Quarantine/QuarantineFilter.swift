/// Which quarantined deliveries a page is about, as its address says it.
struct QuarantineFilter: Sendable {
  /// Named as the command's options.
  static let names = ["route", "reason", "since", "until"]

  let fields: InspectorFields
  let now: Int64

  /// Why it is none, for people.
  var flaw: String? {
    if let id = fields["id"], !Self.isID(id) { return "\(id) is no id of what is kept: the list shows those" }
    return fields.timeFlaw(now)
  }

  private static func isID(_ text: String) -> Bool {
    text.utf8.count == 16 && text.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) }
  }

  /// - Parameter asOf: what came later is not meant, Unix milliseconds.
  func request(_ verb: QuarantineRequest.Verb, asOf: Int64? = nil) -> QuarantineRequest {
    var request = QuarantineRequest(verb)
    request.id = fields["id"]
    request.route = fields["route"]
    request.reason = fields["reason"]
    request.since = fields.instant("since", now).milliseconds
    let until = fields.instant("until", now).milliseconds
    request.until = [until, asOf].compactMap { $0 }.min()
    return request
  }

  /// For addresses and forms of the same filter.
  var kept: [(name: String, value: String?)] { fields.kept(["id"] + Self.names) }

  /// Nil where it is anything.
  var words: String? { fields.words(["id"] + Self.names) }

  func form(_ routes: [InspectedRoute]) -> HTML {
    element(.form, .class("filter"), .get, .action(PageSection.quarantine.address), .role("search")) {
      Parts.field(
        "Route", name: "route", value: fields["route"], options: routes.filter(\.isDurable).map(\.name))
      Parts.field(
        "Reason", name: "reason", value: fields["reason"], options: ["mismatch", "rotation-unfinished"])
      Parts.field("Since", name: "since", value: fields["since"], hint: "90m, 12h, 3d, or a time")
      Parts.field("Until", name: "until", value: fields["until"], hint: "2026-11-30T10:00:00Z")
      Parts.actions {
        element(.button, .type("submit")) { "Filter" }
        if words != nil {
          element(.a, .class("button"), .href(PageSection.quarantine.address)) { "Show all" }
        }
      }
    }
  }
}
