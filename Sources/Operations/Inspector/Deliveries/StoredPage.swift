internal import Gateway

/// One delivery that is stored.
extension Inspector {
  /// More than a route has upstreams.
  private static let jobsMax = 16

  func stored(_ id: String, _ request: InspectorRequest) async -> InspectorReply {
    guard PublicID(id) != nil else { return noDelivery(id) }
    var question = QueueRequest(.show)
    question.id = id
    let answer = await source.queue(question, by: request.caller.queueCaller)
    guard answer.ok else { return refused("\(answer.message).", status: 503, in: .stored) }
    guard let first = answer.jobs.first else { return noDelivery(id) }
    let head = await storedHead(id, request.caller)
    let hasBody = head.ok
    let body = hasBody ? await preview(storedBody(id, request.caller), ("stored", id)) : .empty
    return page("Delivery \(id)", in: .stored, notice: Self.notice(request.query["done"])) {
      if head.refusal == .unsealed {
        element(.p, .class("notice problem")) { "Beware: \(head.message)." }
      }
      Parts.facts(facts(first, answer.jobs, head.part?.stored) + Self.test(head.part?.bytes ?? []))
      if request.caller.mayAct { actions(id, answer.jobs, hasBody: hasBody) }
      element(.section, .labelledBy("timeline")) {
        element(.h2, .id("timeline")) { "What became of it" }
        timelines(answer.jobs)
      }
      if hasBody {
        self.head(head, id, request)
      } else {
        Parts.empty { "No head and no body: \(head.message)." }
      }
      body
      if hasBody { comparing(id) }
    }
  }

  func noDelivery(_ id: String) -> InspectorReply {
    refused("No stored delivery has the id \(id), or no longer.", status: 404, in: .stored)
  }

  private func facts(
    _ job: QueueAnswer.Job, _ jobs: [QueueAnswer.Job], _ stored: QueueAnswer.Stored?
  ) -> [(String, HTML)] {
    let now = source.now()
    var facts: [(String, HTML)] = [
      ("State", jobs.prefix(Self.jobsMax).reduce(.empty) { $0 + Parts.state($1.state) + HTML(" ") }),
      ("Route", Parts.link(job.route, PageAddress("stored", query: [("route", job.route)]))),
      ("Accepted", Parts.time(job.accepted, now)), ("Body", HTML(Parts.size(job.bodyBytes))),
    ]
    if !job.secret.isEmpty {
      facts.append(
        ("Proved by secret", Parts.link(job.secret, PageAddress("stored", query: [("secret", job.secret)]))))
    }
    guard let stored else { return facts }
    if let signed = stored.signed { facts.append(("Signed", Parts.time(signed, now))) }
    facts.append(("From", Parts.code(stored.remote)))
    facts.append(("Request", Parts.code(stored.requestID)))
    let line = HeadView.masked(line: Array("\(stored.method) \(stored.target)".utf8))
    facts.append(("Request line", Parts.code(HeadView.cut(line))))
    if let key = stored.dedupeKey { facts.append(("Known by", Parts.code(key))) }
    if let until = stored.dedupeUntil { facts.append(("Repetitions known until", Parts.time(until, now))) }
    return facts
  }

  /// No sender can write that field.
  private static func test(_ head: [UInt8]) -> [(String, HTML)] {
    let isTest = HeadView(head, privateNames: [], isRevealed: false).fields.contains {
      $0.name == Array("X-Delivery-Test".utf8)
    }
    return isTest ? [("Test", HTML("sent by Try it, marked X-Delivery-Test"))] : []
  }

  private func timelines(_ jobs: [QueueAnswer.Job]) -> HTML {
    let shown = jobs.prefix(Self.jobsMax)
    var html = HTML.empty
    for job in shown {
      if !job.upstream.isEmpty { html += element(.h3) { Parts.code(job.upstream) } }
      html +=
        Timeline(
          job: job, now: source.now(), attemptsMax: Timeline.attemptsMax / max(shown.count, 1),
          answerBytesMax: Timeline.answerBytesMax / max(shown.count, 1)
        ).html
    }
    if jobs.count > shown.count {
      html += element(.p, .class("count")) { "And to \(jobs.count - shown.count) more upstreams." }
    }
    return html
  }

  private func head(_ answer: QueueAnswer, _ id: String, _ request: InspectorRequest) -> HTML {
    let view = HeadView(
      answer.part?.bytes ?? [], privateNames: privateFields,
      isRevealed: request.query["reveal"] != nil)
    return element(.section, .labelledBy("head")) {
      element(.h2, .id("head")) { "Header fields" }
      view.html(
        "As the app gets them, beside the mark and the X-Delivery fields",
        reveal: PageAddress("stored", id, query: [("reveal", "1")]))
    }
  }

  private func comparing(_ id: String) -> HTML {
    element(.section, .labelledBy("compare")) {
      element(.h2, .id("compare")) { "Compare" }
      element(.form, .class("filter"), .get, .action(PageAddress("compare"))) {
        Parts.hidden([("a", id)])
        Parts.field("With the delivery", name: "b", value: nil, hint: "its id")
        Parts.actions {
          element(.button, .type("submit")) { "Compare" }
          element(.a, .class("button"), .href(PageAddress("compare", query: [("a", id), ("b", "before")]))) {
            "With the one before it"
          }
        }
      }
    }
  }
}
