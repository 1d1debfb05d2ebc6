/// What is done to all of a filter: first how many and which, then a button.
extension Inspector {
  /// Rows of those that are meant.
  private static let sampleMax = 5
  private static let standardRate = 10

  func changePage(_ request: InspectorRequest) async -> InspectorReply {
    let now = source.now()
    guard let meant = ChangeMeant(request.query, now) else {
      return refused(
        "What is stored can be sent again (replay), tried now (retry), called off (cancel), taken up again (resume) or "
          + "deleted (purge).", in: .stored)
    }
    if let flaw = meant.flaw { return refused(flaw, in: .stored) }
    guard meant.isNamed else { return choice(of: meant) }
    let counted = await source.queue(meant.count(asOf: now), by: request.caller.queueCaller)
    guard counted.ok else { return refused("\(counted.message).", status: 503, in: .stored) }
    if let flaw = meant.flaw(counted) { return refused(flaw, in: .stored) }
    let sample = counted.count > 0 ? await self.sample(meant, now, request.caller) : []
    return page(meant.change.title(of: meant.filter.fields["state"]), in: .stored) {
      Parts.facts([
        ("Which", HTML(meant.filter.words ?? "all")),
        ("How many", HTML(Self.counted(counted, atLeast: sample.count))),
      ])
      if counted.count == 0 {
        Parts.empty {
          counted.message.isEmpty
            ? "There is none of them, or no longer: nothing would be done. " : "\(counted.message). "
          Parts.link("To what is stored", PageAddress("stored", query: meant.filter.kept))
        }
      } else if !request.caller.mayAct {
        Parts.empty { "Nothing can be changed from here: on TCP that needs inspector: {actions: true}." }
      } else {
        confirmation(meant, Self.counted(counted), now)
        StoredTable(jobs: sample, now: now).html(
          counted.count > sample.count ? "The newest \(sample.count) of them" : "All of them")
      }
    }
  }

  private func choice(of meant: ChangeMeant) -> InspectorReply {
    page(meant.change.title, in: .stored) {
      element(.p) { "Say which: those that are" }
      Parts.actions {
        for state in meant.change.states {
          let query = [("verb", meant.change.rawValue)] + meant.filter.kept(state: state)
          element(.a, .class("button"), .href(PageAddress("change", query: query))) { state + " …" }
        }
      }
    }
  }

  private func confirmation(_ meant: ChangeMeant, _ counted: String, _ now: Int64) -> HTML {
    Parts.confirmation(
      meant.change.question(counted), meant.change.title, post: PageAddress("change"),
      fields: [("verb", meant.change.rawValue)] + meant.filter.kept + [("asof", "\(now)")],
      tone: meant.change.tone, back: PageAddress("stored", query: meant.filter.kept)
    ) {
      if meant.isReplay {
        Parts.field(
          "At most so many a second", name: "rate", value: "\(Self.standardRate)",
          options: ["1", "10", "100", "1000"])
        element(.p, .class("quiet")) {
          "They go below what comes meanwhile. The replay waits while the app is behind, pauses itself where half of "
          "them die again, and goes on behind a restart."
        }
      }
    }
  }

  private func sample(
    _ meant: ChangeMeant, _ asOf: Int64, _ caller: InspectorCaller
  ) async -> [QueueAnswer.Job] {
    var question = meant.request(.list, asOf: asOf)
    question.limit = Self.sampleMax
    question.isHurried = true
    return await source.queue(question, by: caller.queueCaller).jobs
  }

  // MARK: Doing it

  func changeMany(_ request: InspectorRequest) async -> InspectorReply {
    let now = source.now()
    guard let meant = ChangeMeant(request.form, now) else {
      return notFound("There is nothing to be done here.")
    }
    if let flaw = meant.flaw { return refused(flaw, in: .stored) }
    guard meant.isNamed else {
      return refused("Say which are to be deleted: dead, delivered or cancelled ones.", in: .stored)
    }
    // What came since the count was not agreed to.
    let asOf = min(request.form["asof"].flatMap { Int64($0) } ?? now, now)
    if meant.isReplay { return await replay(meant, asOf, request) }
    let counted = await source.queue(meant.count(asOf: asOf), by: request.caller.queueCaller)
    guard counted.ok else { return refused("\(counted.message).", status: 503, in: .stored) }
    if let flaw = meant.flaw(counted) { return refused(flaw, in: .stored) }
    return begin(
      .queue(meant.request(meant.change.verb, asOf: asOf)), total: counted.count, by: request.caller)
  }

  private func replay(
    _ meant: ChangeMeant, _ asOf: Int64, _ request: InspectorRequest
  ) async -> InspectorReply {
    let rates = QueueRequest.rates
    guard let rate = request.form["rate"].flatMap({ Int($0) }), rates.contains(rate) else {
      return refused("A replay moves from \(rates.lowerBound) to \(rates.upperBound) a second.", in: .stored)
    }
    var question = meant.request(.replayBegin, asOf: asOf)
    question.rate = rate
    let answer = await source.queue(question, by: request.caller.queueCaller)
    guard answer.ok else { return refused("\(answer.message).", status: 503, in: .stored) }
    return .goOn(to: PageSection.replays.address)
  }
}
