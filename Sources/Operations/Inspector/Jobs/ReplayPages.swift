/// Changes of many: the store's replays, and what these pages have begun.
extension Inspector {
  private static let replaysMax = 50
  /// While something goes on.
  private static let jobsRefreshSeconds = 2

  func replays(_ request: InspectorRequest) async -> InspectorReply {
    let answer = await source.queue(QueueRequest(.replays), by: request.caller.queueCaller)
    let jobs = self.jobs.all
    let goesOn = answer.replays.contains { $0.state == "running" } || jobs.contains { $0.state == .running }
    let isStill = request.query["refresh"] == "off" || !goesOn
    let mayAct = request.caller.mayAct
    return page("Jobs", in: .replays, refreshSeconds: isStill ? nil : Self.jobsRefreshSeconds) {
      if goesOn { refreshing(isStill: isStill) }
      element(.section, .labelledBy("replays")) {
        element(.h2, .id("replays")) { "Replays" }
        if answer.replays.isEmpty { noReplays(answer) }
        for replay in answer.replays.prefix(Self.replaysMax) {
          JobCard(replay, now: source.now(), mayAct).html
        }
      }
      element(.section, .labelledBy("jobs")) {
        element(.h2, .id("jobs")) { "Other changes" }
        if jobs.isEmpty {
          Parts.empty {
            "Nothing has been begun from these pages. What is begun here goes on behind them, a page of deliveries at "
            "a time, and ends with the daemon: what was done by then is done."
          }
        }
        for job in jobs { JobCard(job, now: source.now(), mayAct).html }
      }
    }
  }

  private func refreshing(isStill: Bool) -> HTML {
    element(.p, .class("refresh")) {
      isStill ? "This page stands still. " : "Loaded again every \(Self.jobsRefreshSeconds) s. "
      Parts.link(
        isStill ? "Keep it fresh" : "Stop that",
        PageAddress("replays", query: [("refresh", isStill ? nil : "off")]))
    }
  }

  private func noReplays(_ answer: QueueAnswer) -> HTML {
    Parts.empty {
      if answer.ok {
        "None yet. "
        Parts.link("What was given up", PageAddress("stored", query: [("state", "dead")]))
        " can be sent again, all of a filter at a rate."
      } else {
        "None: \(answer.message)."
      }
    }
  }

  // MARK: Changes

  /// Where whoever has begun something goes on.
  func begin(_ work: InspectorJob.Work, total: Int, by caller: InspectorCaller) -> InspectorReply {
    switch jobs.begin(work, total: total, by: caller) {
    case .begun: .goOn(to: PageSection.replays.address)
    case .tooMany:
      refused(
        "\(InspectorJobs.openMax) changes are under way or paused already: wait for one, or stop one on the page Jobs.",
        status: 503, in: .replays)
    }
  }

  func changeReplay(_ number: String, _ event: String, _ request: InspectorRequest) async -> InspectorReply {
    let verbs: [String: QueueRequest.Verb] = [
      "pause": .replayPause, "resume": .replayResume, "stop": .replayStop,
    ]
    guard let verb = verbs[event], let number = Int64(number) else {
      return notFound("There is nothing to be done here.")
    }
    var question = QueueRequest(verb)
    question.replay = number
    let answer = await source.queue(question, by: request.caller.queueCaller)
    guard answer.ok else { return refused(answer.message + ".", status: 409, in: .replays) }
    return .goOn(to: PageSection.replays.address)
  }

  func changeJob(_ number: String, _ event: String) -> InspectorReply {
    guard let event = InspectorJob.Event(rawValue: event), let number = Int(number) else {
      return notFound("There is nothing to be done here.")
    }
    guard jobs.change(number, event) == nil else { return .goOn(to: PageSection.replays.address) }
    let state = jobs.find(number)?.state.rawValue
    return refused(
      state.map { "Change \(number) is \($0)." } ?? "There is no change \(number), or no longer.",
      status: 409,
      in: .replays)
  }
}
