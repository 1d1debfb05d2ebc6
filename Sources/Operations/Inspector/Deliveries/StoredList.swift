/// What the store has, the newest first.
extension Inspector {
  private static let rows = 50
  /// Counting ends here: beyond it is "and more".
  static let countMax = 10_000

  func storedList(_ request: InspectorRequest) async -> InspectorReply {
    let filter = StoredFilter(fields: request.query, now: source.now())
    if let flaw = filter.flaw { return storedFlaw(flaw, filter) }
    var question = filter.request(.list)
    question.limit = Self.rows
    question.isHurried = true
    question.before = request.query["before"].flatMap { Int64($0) }
    if question.before == nil { question.after = request.query["after"].flatMap { Int64($0) } }
    let list = await source.queue(question, by: request.caller.queueCaller)
    let count = list.ok ? await counted(filter, request.caller) : nil
    return page("Stored deliveries", in: .stored) {
      filter.form(source.routes)
      if !list.ok {
        Parts.empty { "Nothing can be shown: \(list.message)." }
      } else {
        if list.jobs.isEmpty { nothing(filter, list) } else { rows(filter, list, count, request.caller) }
        Parts.pager(
          newer: list.after.map { PageAddress("stored", query: filter.kept + [("after", "\($0)")]) },
          older: list.before.map { PageAddress("stored", query: filter.kept + [("before", "\($0)")]) })
      }
    }
  }

  /// What is wrong stands above what was typed.
  private func storedFlaw(_ flaw: String, _ filter: StoredFilter) -> InspectorReply {
    page("Stored deliveries", in: .stored, status: 400) {
      element(.p, .class("notice problem"), .role("alert")) { "\(flaw)." }
      filter.form(source.routes)
    }
  }

  /// Nil where a text is looked for: that is as much work as the list once more.
  private func counted(_ filter: StoredFilter, _ caller: InspectorCaller) async -> QueueAnswer? {
    guard filter.fields["text"] == nil else { return nil }
    var question = filter.request(.count)
    question.countMax = Self.countMax
    question.isHurried = true
    let answer = await source.queue(question, by: caller.queueCaller)
    return answer.ok ? answer : nil
  }

  /// `10,000 and more deliveries`
  static func counted(_ answer: QueueAnswer, atLeast shown: Int = 0) -> String {
    let count = max(answer.count, shown)
    return answer.isCut ? "\(Parts.number(count)) and more deliveries" : Parts.counted(count)
  }

  private func nothing(_ filter: StoredFilter, _ list: QueueAnswer) -> HTML {
    Parts.empty {
      if filter.words == nil {
        "Nothing is stored. Deliveries of durable routes are here from their 200 on until they are delivered, and some "
        "time longer."
      } else {
        list.message.isEmpty ? "Nothing that is stored matches. " : "\(list.message). "
        if let looked = list.looked { "\(Self.looked(looked, list.isCut)) " }
        Parts.link("Show all", PageSection.stored.address)
        ", or "
        Parts.link("what was refused lately", PageAddress("recent", query: [("outcome", "refused")]))
      }
    }
  }

  static func looked(_ count: Int, _ isCut: Bool) -> String {
    let bodies = Parts.counted(count, "body was", "bodies were")
    return isCut
      ? "\(bodies) looked through, and there are older ones." : "\(bodies) looked through: all of them."
  }

  private func rows(
    _ filter: StoredFilter, _ list: QueueAnswer, _ count: QueueAnswer?, _ caller: InspectorCaller
  ) -> HTML {
    var html = element(.p, .class("count")) {
      if let count {
        "\(Self.counted(count, atLeast: list.jobs.count))\(filter.words == nil ? "" : " of this filter")."
      }
      if let looked = list.looked {
        "\(Parts.counted(list.jobs.count)) on this page. \(Self.looked(looked, list.isCut))"
      }
    }
    if caller.mayAct { html += changes(filter) }
    return html + StoredTable(jobs: list.jobs, now: source.now()).html("Stored, the newest first")
  }

  /// What can be done to all of them: with no state in the filter, what is mostly wanted.
  private func changes(_ filter: StoredFilter) -> HTML {
    let state = filter.fields["state"]
    let all = StoredChange.allCases.filter { change in
      state.map { change.states.contains($0) } ?? (change == .replay || change == .retry)
    }
    guard !all.isEmpty else { return .empty }
    return Parts.actions {
      for change in all {
        element(
          .a, .class("button"),
          .href(PageAddress("change", query: [("verb", change.rawValue)] + filter.kept))
        ) { "\(change.title(of: state ?? change.standardState)) …" }
      }
    }
  }
}

/// Stored deliveries, a line each.
struct StoredTable: Sendable {
  let jobs: [QueueAnswer.Job]
  let now: Int64

  func html(_ caption: String) -> HTML {
    Parts.table(
      caption,
      ["Delivery", "Accepted", .name("Route"), "State", "Last answer", .number("Attempts"), .number("Body")],
      jobs.map(row))
  }

  private func row(_ job: QueueAnswer.Job) -> [HTML] {
    [
      element(.a, .href(PageAddress("stored", job.id))) { Parts.code(job.id) },
      Parts.time(job.accepted, now), way(job), state(job), HTML(Self.why(job)),
      HTML(Parts.number(job.attempts)), HTML(Parts.size(job.bodyBytes)),
    ]
  }

  private func way(_ job: QueueAnswer.Job) -> HTML {
    job.upstream.isEmpty
      ? HTML(job.route) : HTML(job.route) + element(.div, .class("quiet")) { Parts.code(job.upstream) }
  }

  @HTMLBuilder private func state(_ job: QueueAnswer.Job) -> HTML {
    Parts.state(job.state)
    if let when = Self.when(job, now) {
      " "
      element(.span, .class("quiet")) { when }
    }
  }

  /// Since when, or until when.
  static func when(_ job: QueueAnswer.Job, _ now: Int64) -> String? {
    if let paused = job.pausedUntil, paused > now { return "paused, tried " + Parts.distance(paused, now) }
    if let next = job.next, job.state == "queued" {
      return next <= now ? "due" : "next " + Parts.distance(next, now)
    }
    return job.ended.map { Parts.distance($0, now) }
  }

  static func why(_ job: QueueAnswer.Job) -> String {
    let reason = job.status != nil && job.reason == "status" ? nil : job.reason
    let words = [job.status.map { "\($0)" }, reason].compactMap { $0 }
    return words.isEmpty ? (job.attempts == 0 ? "not tried yet" : "") : words.joined(separator: " ")
  }
}
