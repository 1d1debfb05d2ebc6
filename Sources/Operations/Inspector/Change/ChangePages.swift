/// What is done to all of a filter: first how many and which, then a button.
extension Inspector {
  /// Counting ends here.
  private static let changedMax = 100_000
  /// Rows of those that are meant.
  private static let sampleMax = 5
  private static let standardRate = 10

  func changePage(_ request: InspectorRequest) async -> InspectorReply {
    let now = source.now()
    guard let change = request.query["verb"].flatMap(StoredChange.init(rawValue:)) else {
      return refused(
        "What is stored can be sent again (replay), tried now (retry), called off (cancel), taken up again (resume) or "
          + "deleted (purge).", in: .stored)
    }
    let filter = StoredFilter(fields: request.query.of(change), now: now)
    if let flaw = filter.flaw ?? Self.flaw(change, filter) { return refused("\(flaw).", in: .stored) }
    guard filter.fields["state"] != nil || filter.fields["id"] != nil else {
      return choice(of: change, filter)
    }
    let counted = await count(change, filter, now, request.caller)
    guard counted.ok else { return refused("\(counted.message).", status: 503, in: .stored) }
    if let flaw = Self.flaw(filter, counted) { return refused(flaw, in: .stored) }
    let sample = counted.count > 0 ? await self.sample(change, filter, now, request.caller) : []
    return page(change.title(of: filter.fields["state"]), in: .stored) {
      Parts.facts([
        ("Which", HTML(filter.words ?? "all")),
        ("How many", HTML(Self.counted(counted, atLeast: sample.count))),
      ])
      if counted.count == 0 {
        Parts.empty {
          counted.message.isEmpty
            ? "There is none of them, or no longer: nothing would be done. " : "\(counted.message). "
          Parts.link("To what is stored", PageAddress("stored", query: filter.kept))
        }
      } else if !request.caller.mayAct {
        Parts.empty { "Nothing can be changed from here: on TCP that needs inspector: {actions: true}." }
      } else {
        confirmation(change, filter, Self.counted(counted), now)
        StoredTable(jobs: sample, now: now).html(
          counted.count > sample.count ? "The newest \(sample.count) of them" : "All of them")
      }
    }
  }

  /// What is deleted has to be named.
  private func choice(of change: StoredChange, _ filter: StoredFilter) -> InspectorReply {
    page(change.title, in: .stored) {
      element(.p) { "Say which: those that are" }
      Parts.actions {
        for state in change.states {
          element(
            .a, .class("button"),
            .href(PageAddress("change", query: [("verb", change.rawValue)] + filter.kept(state: state)))
          ) { state + " …" }
        }
      }
    }
  }

  private func confirmation(_ change: StoredChange, _ filter: StoredFilter, _ counted: String, _ now: Int64)
    -> HTML
  {
    Parts.confirmation(
      change.question(counted), change.title, post: PageAddress("change"),
      fields: [("verb", change.rawValue)] + filter.kept + [("asof", "\(now)")], tone: change.tone,
      back: PageAddress("stored", query: filter.kept)
    ) {
      if Self.isReplay(change, filter) {
        Parts.field(
          "At most so many a second", name: "rate", value: "\(Self.standardRate)",
          options: ["1", "10", "100", "1000"])
        element(.p, .class("quiet")) {
          "They go below what comes meanwhile. The replay waits while the app is behind, pauses itself where half of them "
          "die again, and goes on behind a restart."
        }
      }
    }
  }

  /// Whether the store does it at a rate: for all of a filter that it remembers.
  private static func isReplay(_ change: StoredChange, _ filter: StoredFilter) -> Bool {
    change == .replay && ["id", "text"].allSatisfy { filter.fields[$0] == nil }
  }

  /// Why it cannot be done to these, for people.
  private static func flaw(_ change: StoredChange, _ filter: StoredFilter) -> String? {
    guard let state = filter.fields["state"], !change.states.contains(state) else { return nil }
    return String(change.only.dropLast())
  }

  /// What has not all been looked through cannot be counted, and is not changed.
  private static func flaw(_ filter: StoredFilter, _ counted: QueueAnswer) -> String? {
    guard filter.fields["text"] != nil, counted.isCut else { return nil }
    return "The filter leaves more bodies than are searched for a text. Narrow it, by a time or a route."
  }

  // MARK: What is meant

  private func count(
    _ change: StoredChange, _ filter: StoredFilter, _ asOf: Int64, _ caller: InspectorCaller
  ) async -> QueueAnswer {
    var question = filter.request(.count, asOf: asOf)
    question.withBody = change.needsBody
    question.countMax = Self.changedMax
    question.isHurried = true
    return await source.queue(question, by: caller.queueCaller)
  }

  private func sample(
    _ change: StoredChange, _ filter: StoredFilter, _ asOf: Int64, _ caller: InspectorCaller
  ) async -> [QueueAnswer.Job] {
    var question = filter.request(.list, asOf: asOf)
    question.withBody = change.needsBody
    question.limit = Self.sampleMax
    question.isHurried = true
    return await source.queue(question, by: caller.queueCaller).jobs
  }

  // MARK: Doing it

  func changeMany(_ request: InspectorRequest) async -> InspectorReply {
    let now = source.now()
    guard let change = request.form["verb"].flatMap(StoredChange.init(rawValue:)) else {
      return notFound("There is nothing to be done here.")
    }
    let filter = StoredFilter(fields: request.form.of(change), now: now)
    if let flaw = filter.flaw ?? Self.flaw(change, filter) { return refused("\(flaw).", in: .stored) }
    guard filter.fields["state"] != nil || filter.fields["id"] != nil else {
      return refused("Say which are to be deleted: dead, delivered or cancelled ones.", in: .stored)
    }
    // What came since the count was not agreed to.
    let asOf = min(request.form["asof"].flatMap { Int64($0) } ?? now, now)
    if Self.isReplay(change, filter) { return await replay(filter, asOf, request) }
    let counted = await count(change, filter, asOf, request.caller)
    guard counted.ok else { return refused("\(counted.message).", status: 503, in: .stored) }
    if let flaw = Self.flaw(filter, counted) { return refused(flaw, in: .stored) }
    var question = filter.request(change.verb, asOf: asOf)
    question.withBody = change.needsBody
    return begin(.queue(question), total: counted.count, by: request.caller)
  }

  private func replay(_ filter: StoredFilter, _ asOf: Int64, _ request: InspectorRequest) async
    -> InspectorReply
  {
    let rates = QueueRequest.rates
    guard let rate = request.form["rate"].flatMap({ Int($0) }), rates.contains(rate) else {
      return refused("A replay moves from \(rates.lowerBound) to \(rates.upperBound) a second.", in: .stored)
    }
    var question = filter.request(.replayBegin, asOf: asOf)
    question.withBody = true
    question.rate = rate
    let answer = await source.queue(question, by: request.caller.queueCaller)
    guard answer.ok else { return refused("\(answer.message).", status: 503, in: .stored) }
    return .goOn(to: PageSection.replays.address)
  }
}

extension InspectorFields {
  /// With the state that is meant where none is said.
  fileprivate func of(_ change: StoredChange) -> InspectorFields {
    guard self["state"] == nil, self["id"] == nil, let state = change.standardState else { return self }
    return InspectorFields(all.filter { $0.name != "state" } + [Field(name: "state", value: state)])
  }
}
