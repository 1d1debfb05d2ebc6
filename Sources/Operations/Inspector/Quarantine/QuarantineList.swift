/// What could not be verified and is kept.
extension Inspector {
  private static let rows = 50

  func quarantineList(_ request: InspectorRequest) async -> InspectorReply {
    let filter = QuarantineFilter(fields: request.query, now: source.now())
    if let flaw = filter.flaw { return refused(flaw, in: .quarantine) }
    var question = filter.request(.list)
    question.limit = Self.rows
    question.from = request.query["before"].flatMap { Int64($0) }
    let list = await source.quarantine(question, by: request.caller.queueCaller)
    let count = await source.quarantine(filter.request(.count), by: request.caller.queueCaller)
    return page("Quarantine", in: .quarantine) {
      element(.p, .class("lead")) {
        "What no secret verified and may be genuine all the same. Its sender was refused. Only its signature lets it "
        "out: once the secrets are others it is judged again, as of its arrival."
      }
      filter.form(source.routes)
      if !list.ok {
        element(.p, .class("empty")) { "Nothing can be shown: \(list.message)." }
      } else if list.deliveries.isEmpty {
        empty(filter, list.message)
      } else {
        let total = Parts.counted(max(count.count, list.deliveries.count))
        element(.p, .class("count")) { "\(total)\(filter.words == nil ? " kept" : " of this filter")." }
        if request.caller.mayAct { changes(filter) }
        table(list.deliveries)
        Parts.pager(
          newer: question.from == nil ? nil : PageAddress("quarantine", query: filter.kept),
          older: list.next.map { PageAddress("quarantine", query: filter.kept + [("before", "\($0)")]) })
      }
    }
  }

  private func empty(_ filter: QuarantineFilter, _ message: String) -> HTML {
    Parts.empty {
      if filter.words == nil {
        "Nothing is kept. Durable routes with "
        Parts.code("quarantine:")
        " keep what may be genuine though no secret verifies it."
      } else {
        message.isEmpty ? "Nothing that is kept matches. " : "\(message). "
        Parts.link("Show all", PageSection.quarantine.address)
      }
    }
  }

  private func changes(_ filter: QuarantineFilter) -> HTML {
    Parts.actions {
      for (verb, text) in [("release", "Judge these again"), ("drop", "Throw these away")] {
        element(
          .a, .class("button"),
          .href(PageAddress("quarantine", "change", query: [("verb", verb)] + filter.kept))
        ) { text + " …" }
      }
    }
  }

  private func table(_ deliveries: [QuarantineAnswer.Delivery]) -> HTML {
    let now = source.now()
    return Parts.table(
      "In quarantine, the newest first", ["Id", "Arrived", "Route", "Reason", .number("Body")],
      deliveries.map { delivery in
        [
          element(.a, .href(PageAddress("quarantine", delivery.id))) { Parts.code(delivery.id) },
          Parts.time(delivery.arrived, now), HTML(delivery.route), HTML(delivery.reason),
          HTML(Parts.size(delivery.bodyBytes)),
        ]
      })
  }
}
