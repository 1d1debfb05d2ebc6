/// One that is quarantined, and what is done with it and its like.
extension Inspector {
  func quarantined(_ id: String, _ request: InspectorRequest) async -> InspectorReply {
    let filter = QuarantineFilter(fields: InspectorFields([.init(name: "id", value: id)]), now: source.now())
    if let flaw = filter.flaw { return refused(flaw, status: 404, in: .quarantine) }
    let answer = await source.quarantine(filter.request(.show), by: request.caller.queueCaller)
    guard answer.ok else { return refused(answer.message + ".", status: 503, in: .quarantine) }
    guard let delivery = answer.deliveries.first else {
      return refused(
        "Nothing in the quarantine has the id \(id), or no longer.", status: 404, in: .quarantine)
    }
    let isRevealed = request.query["reveal"] != nil
    return page("Quarantined \(id)", in: .quarantine) {
      if let remark = delivery.remark { element(.p, .class("notice problem")) { "Beware: \(remark)." } }
      Parts.facts(facts(delivery, isRevealed: isRevealed))
      if request.caller.mayAct {
        Parts.actions {
          changeLink("release", "Judge it again", filter)
          changeLink("drop", "Throw it away", filter)
        }
      }
      if !delivery.fields.isEmpty { head(delivery, isRevealed: isRevealed) }
      element(.p, .class("lead")) {
        "Nothing here is proven: anybody may have written it. Signatures and passwords are left out, and the body is "
        "shown once it is released."
      }
    }
  }

  private func facts(_ delivery: QuarantineAnswer.Delivery, isRevealed: Bool) -> [(String, HTML)] {
    let route = PageAddress("quarantine", query: [("route", delivery.route)])
    var facts: [(String, HTML)] = [
      ("Route", Parts.link(delivery.route, route)), ("Arrived", Parts.time(delivery.arrived, source.now())),
      ("Not verified", Parts.badge(delivery.reason, .warning)),
      ("Body", HTML(Parts.size(delivery.bodyBytes))),
    ]
    if let remote = delivery.remote { facts.append(("From", Parts.code(remote))) }
    if let id = delivery.requestID { facts.append(("Request", Parts.code(id))) }
    if let line = delivery.request.map({ Array($0.utf8) }) {
      facts.append(
        ("Request line", Parts.code(HeadView.cut(isRevealed ? line : HeadView.masked(line: line)))))
    }
    return facts
  }

  private func head(_ delivery: QuarantineAnswer.Delivery, isRevealed: Bool) -> HTML {
    element(.section, .labelledBy("head")) {
      element(.h2, .id("head")) { "Header fields" }
      // Most of what proves something was left out where the answer was made, and is not revealed.
      HeadView(fields: delivery.fields, isRevealed: isRevealed).html(
        "As they came", reveal: PageAddress("quarantine", delivery.id, query: [("reveal", "1")]))
    }
  }

  private func changeLink(_ verb: String, _ text: String, _ filter: QuarantineFilter) -> HTML {
    element(
      .a, .class("button"), .href(PageAddress("quarantine", "change", query: [("verb", verb)] + filter.kept))
    ) { text + " …" }
  }

  // MARK: Many

  /// Pages of a trial, so that it is told within a blink.
  private static let trialPagesMax = 4

  /// Says how many and what, and asks.
  func quarantineChange(_ request: InspectorRequest) async -> InspectorReply {
    let now = source.now()
    let filter = QuarantineFilter(fields: request.query, now: now)
    if let flaw = filter.flaw { return refused(flaw, in: .quarantine) }
    guard let verb = Self.verb(request.query["verb"]) else {
      return refused("What is quarantined can be released or dropped.", in: .quarantine)
    }
    let counted = await source.quarantine(filter.request(.count, asOf: now), by: request.caller.queueCaller)
    guard counted.ok else { return refused(counted.message + ".", status: 503, in: .quarantine) }
    let trial = verb == .release ? await self.trial(filter, now, request.caller) : nil
    let isRelease = verb == .release
    let count = filter.fields["id"] == nil ? counted.count : min(counted.count, 1)
    return page(isRelease ? "Judge again" : "Throw away", in: .quarantine) {
      Parts.facts([
        ("Which", HTML(filter.words ?? "all that is kept")), ("How many", HTML(Parts.counted(count))),
      ])
      if let trial { element(.p, .class("lead")) { trial } }
      if count == 0 {
        Parts.empty {
          "There is none of them, or no longer. "
          Parts.link("To the quarantine", PageSection.quarantine.address)
        }
      } else if !request.caller.mayAct {
        Parts.empty { "Nothing can be changed from here: on TCP that needs inspector: {actions: true}." }
      } else {
        Parts.confirmation(
          isRelease
            ? "Have \(Parts.counted(count)) judged again, and queue what is verified?"
            : "Throw \(Parts.counted(count)) away for good? Their senders have been refused, and hear nothing of it.",
          isRelease ? "Judge again" : "Throw away", post: PageAddress("quarantine", verb.rawValue),
          fields: filter.kept + [("asof", "\(now)")], tone: isRelease ? .busy : .problem,
          back: PageAddress("quarantine", query: filter.fields.kept(QuarantineFilter.names)))
      }
    }
  }

  /// What a release would come to, as far as that is told soon.
  private func trial(_ filter: QuarantineFilter, _ now: Int64, _ caller: InspectorCaller) async -> String? {
    var request = filter.request(.release, asOf: now)
    request.isDry = true
    var (pages, released, others) = (0, 0, 0)
    repeat {
      let answer = await source.quarantine(request, by: caller.queueCaller)
      guard answer.ok else { return "What would come of it cannot be told now: \(answer.message)." }
      released += answer.count
      others += answer.duplicates + answer.unverified + answer.revoked + answer.waiting + answer.broken
      request.from = answer.next
      pages += 1
    } while request.from != nil && pages < Self.trialPagesMax
    let which =
      request.from == nil ? "By the secrets in force" : "Of the oldest \(Parts.number(released + others))"
    return "\(which): \(Parts.number(released)) would be queued, \(Parts.number(others)) would stay."
  }

  private static func verb(_ text: String?) -> QuarantineRequest.Verb? {
    switch text {
    case "release": .release
    case "drop": .drop
    default: nil
    }
  }

  func changeQuarantine(_ verb: String, _ request: InspectorRequest) async -> InspectorReply {
    let now = source.now()
    let filter = QuarantineFilter(fields: request.form, now: now)
    if let flaw = filter.flaw { return refused(flaw, in: .quarantine) }
    guard let verb = Self.verb(verb) else { return notFound("There is nothing to be done here.") }
    // What came since the count was not agreed to.
    let asOf = min(request.form["asof"].flatMap { Int64($0) } ?? now, now)
    let count = await source.quarantine(filter.request(.count, asOf: asOf), by: request.caller.queueCaller)
    guard count.ok else { return refused(count.message + ".", status: 503, in: .quarantine) }
    return begin(.quarantine(filter.request(verb, asOf: asOf)), total: count.count, by: request.caller)
  }
}
