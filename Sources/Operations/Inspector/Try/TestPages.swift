/// `Try it`: a test delivery to a route that allows one, and what the app said.
extension Inspector {
  private static let answerBytesMax = 12 << 10

  func testPage(_ request: InspectorRequest) -> InspectorReply {
    let routes = source.routes.filter(\.allowsTest)
    let chosen = routes.first { $0.name == request.query["route"] } ?? routes.first
    return page("Try it", in: .test) {
      element(.p, .class("lead")) {
        "Sends a sample of the route's preset, signed with its secret in force, the way of every delivery. It is "
        "always marked X-Delivery-Test: true, which no sender can write, so that an app can leave it without effect."
      }
      if let unknown = request.query["route"], !routes.contains(where: { $0.name == unknown }) {
        element(.p, .class("notice warning")) {
          "\(unknown) takes no test deliveries: it does not say test: true."
        }
      }
      if let chosen {
        if request.caller.mayAct {
          form(routes, chosen)
          if routes.count < source.routes.count {
            element(.p, .class("count")) { "Only routes that say test: true can be chosen." }
          }
        } else {
          Parts.empty { "Nothing can be sent from here: on TCP that needs inspector: {actions: true}." }
        }
        sentBefore
      } else {
        Parts.empty {
          "No route takes test deliveries. One that says "
          Parts.code("test: true")
          " does: its app has to know X-Delivery-Test."
        }
      }
    }
  }

  private func form(_ routes: [InspectedRoute], _ chosen: InspectedRoute) -> HTML {
    element(.form, .class("filter"), .post, .action(PageAddress("test"))) {
      Parts.choice(
        "Route", name: "route", value: chosen.name, options: routes.map { ($0.name, $0.name) }, any: nil)
      Parts.field(
        "Event", name: "event", value: nil, options: Self.events(routes), hint: chosen.events.first ?? "")
      Parts.actions { element(.button, .class("busy"), .type("submit")) { "Send a test delivery" } }
    }
  }

  /// Of all of them, each once.
  private static func events(_ routes: [InspectedRoute]) -> [String] {
    var events: [String] = []
    for event in routes.flatMap(\.events) where !events.contains(event) { events.append(event) }
    return events
  }

  @HTMLBuilder private var sentBefore: HTML {
    let all = tests.all
    if !all.isEmpty {
      Parts.table(
        "The last test deliveries", ["Number", "Sent", "Route", "Outcome"],
        all.map { sent in
          [
            Parts.link("#\(sent.number)", PageAddress("test", "\(sent.number)")),
            Parts.time(sent.at, source.now()), HTML(sent.route),
            sent.outcome.refusal == nil
              ? Parts.state(sent.outcome.outcome) + HTML(" \(sent.outcome.status)")
              : Parts.badge("not sent", .problem),
          ]
        })
    }
  }

  func sendTest(_ request: InspectorRequest) async -> InspectorReply {
    guard let route = request.form["route"],
      source.routes.contains(where: { $0.name == route && $0.allowsTest })
    else {
      return refused("Test deliveries go to routes alone that say test: true.", status: 403, in: .test)
    }
    var sent = TestDeliveries.Sent()
    (sent.route, sent.event, sent.at) = (route, request.form["event"], source.now())
    sent.outcome = await source.sendTest(route, event: sent.event, by: request.caller)
    return .goOn(to: PageAddress("test", "\(tests.keep(sent))"))
  }

  // MARK: What came of one

  func sentTest(_ number: String) async -> InspectorReply {
    guard let sent = Int(number).flatMap({ tests.find($0) }) else {
      return refused("There is no test delivery \(number), or no longer.", status: 404, in: .test)
    }
    let outcome = sent.outcome
    if let refusal = outcome.refusal {
      return page("Test delivery #\(sent.number)", in: .test) {
        element(.p, .class("notice problem"), .role("alert")) { "Nothing was sent: \(refusal)." }
        element(.p) { Parts.link("Try again", PageAddress("test", query: [("route", sent.route)])) }
      }
    }
    let (body, answer) = (await beginning(outcome.sentBody), await beginning(outcome.answerBody))
    return page("Test delivery #\(sent.number)", in: .test) {
      Parts.facts(facts(sent))
      element(.section, .labelledBy("answer")) {
        element(.h2, .id("answer")) { outcome.delivery == nil ? "What the app said" : "What the sender got" }
        if let id = outcome.delivery {
          element(.p) {
            "It is stored, and this is the gateway's own answer. "
            Parts.link("What the app says to it", PageAddress("stored", id))
          }
        }
        HeadView(fields: outcome.answerFields, isRevealed: false).html("Fields of the answer", reveal: nil)
        answer
        if outcome.isAnswerCut {
          element(.p, .class("count")) { "The answer was longer: only its beginning is kept." }
        }
      }
      element(.section, .labelledBy("sent")) {
        element(.h2, .id("sent")) { "What was sent" }
        body
      }
      element(.p) { Parts.link("Try again", PageAddress("test", query: [("route", sent.route)])) }
    }
  }

  private func facts(_ sent: TestDeliveries.Sent) -> [(String, HTML)] {
    let outcome = sent.outcome
    var facts: [(String, HTML)] = [
      ("Outcome", Parts.state(outcome.outcome) + HTML(outcome.status == 0 ? "" : " \(outcome.status)")),
      ("Sent", Parts.time(sent.at, source.now())), ("Route", HTML(sent.route)),
      ("Took", HTML(Timeline.took(outcome.milliseconds))), ("Request", Parts.code(outcome.requestID)),
    ]
    if let event = sent.event { facts.append(("Event", Parts.code(event))) }
    if let reason = outcome.reason { facts.append(("Reason", HTML(reason))) }
    if let upstream = outcome.upstream { facts.append(("Upstream", Parts.code(upstream))) }
    if let id = outcome.delivery {
      facts.append(("Stored as", Parts.link(id, PageAddress("stored", id))))
    }
    return facts
  }

  /// Of a body that has no address of its own.
  private func beginning(_ body: [UInt8]) async -> HTML {
    guard
      case .success(let part) = await BodySource(body).part(nil, from: 0, textBytesMax: Self.answerBytesMax)
    else {
      return .empty
    }
    guard part.total > 0 else { return Parts.empty { "There is no body." } }
    var html = element(
      .pre, .class("body"), .tabIndex(0), .role("region"), .label("Body as \(part.form.title)")
    ) {
      HTML(decoding: part.shown)
    }
    if !part.isWhole {
      html += element(.p, .class("count")) {
        "\(Parts.number(part.end)) of \(Parts.number(part.total)) bytes are shown."
      }
    }
    return html
  }
}
