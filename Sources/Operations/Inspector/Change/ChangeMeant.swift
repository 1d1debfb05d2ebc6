/// What is asked for, and of which: a change and a filter that goes with it.
struct ChangeMeant: Sendable {
  /// Counting ends here.
  private static let countMax = 100_000

  let change: StoredChange
  let filter: StoredFilter

  /// Nil where it names no change.
  ///
  /// - Parameter now: Unix milliseconds.
  init?(_ fields: InspectorFields, _ now: Int64) {
    guard let change = fields["verb"].flatMap(StoredChange.init(rawValue:)) else { return nil }
    self.change = change
    filter = StoredFilter(fields: Self.fields(fields, change), now: now)
  }

  /// With the state that is meant where none is said.
  private static func fields(_ fields: InspectorFields, _ change: StoredChange) -> InspectorFields {
    guard fields["state"] == nil, fields["id"] == nil, let state = change.standardState else { return fields }
    return InspectorFields(fields.all.filter { $0.name != "state" } + [.init(name: "state", value: state)])
  }

  /// Why it cannot be done, for people.
  var flaw: String? {
    if let flaw = filter.flaw { return "\(flaw)." }
    guard let state = filter.fields["state"], !change.states.contains(state) else { return nil }
    return change.only
  }

  /// What has not all been looked through cannot be counted, and is not changed.
  func flaw(_ counted: QueueAnswer) -> String? {
    guard filter.fields["text"] != nil, counted.isCut else { return nil }
    return "The filter leaves more bodies than are searched for a text. Narrow it, by a time or a route."
  }

  /// What is deleted has to be named.
  var isNamed: Bool { filter.fields["state"] != nil || filter.fields["id"] != nil }

  /// Whether the store does it, at a rate and behind a restart: for all of a filter that it can remember.
  var isReplay: Bool { change == .replay && ["id", "text"].allSatisfy { filter.fields[$0] == nil } }

  /// - Parameter asOf: what came since is not meant, Unix milliseconds.
  func request(_ verb: QueueRequest.Verb, asOf: Int64) -> QueueRequest {
    var request = filter.request(verb, asOf: asOf)
    request.withBody = change.needsBody
    return request
  }

  /// How many there are, as far as that is known soon.
  func count(asOf: Int64) -> QueueRequest {
    var request = request(.count, asOf: asOf)
    request.countMax = Self.countMax
    request.isHurried = true
    return request
  }
}
