internal import Configuration
internal import Gateway

/// One delivery that was over lately.
extension Inspector {
  func recentDelivery(_ number: String, _ request: InspectorRequest) async -> InspectorReply {
    guard let delivery = findRecent(number) else { return noRecent(number) }
    let segments = ("recent", "\(delivery.number)")
    let body =
      if let content = delivery.content { await preview(BodySource(content.body), segments) } else {
        HTML.empty
      }
    return page("Delivery #\(delivery.number)", in: .recent) {
      element(.p, .class("lead")) { Self.meaning(of: delivery.outcome) }
      if delivery.isNotVerified { advice(delivery) }
      Parts.facts(facts(delivery))
      element(.section, .labelledBy("times")) {
        element(.h2, .id("times")) { "How long it took" }
        Parts.facts(Self.times(delivery))
      }
      if let content = delivery.content {
        head(content, delivery, request)
        body
      } else {
        Parts.empty {
          if let id = delivery.delivery {
            "Head and body are "
            Parts.link("with what is stored", PageAddress("stored", id))
            "."
          } else {
            Self.noContent(delivery)
          }
        }
      }
    }
  }

  func recentPart(_ number: String, _ what: String, _ request: InspectorRequest) async -> InspectorReply? {
    guard what == "view" || what == "body" else { return nil }
    guard let delivery = findRecent(number) else { return noRecent(number) }
    guard let content = delivery.content else {
      return refused(Self.noContent(delivery), status: 404, in: .recent)
    }
    let body = BodySource(content.body)
    guard what == "view" else {
      return await download(
        body, name: "recent-\(delivery.number).body", command: "vesigate queue body", in: .recent)
    }
    return await bodyPage(
      body, "Body of delivery #\(delivery.number)", in: .recent, ("recent", "\(delivery.number)"), request)
  }

  private func findRecent(_ number: String) -> RecentDeliveries.Delivery? {
    UInt64(number).flatMap { source.recent.find($0) }
  }

  private func noRecent(_ number: String) -> InspectorReply {
    refused(
      "There is no recent delivery \(number), or no longer: newer ones have taken its place.", status: 404,
      in: .recent)
  }

  private static func noContent(_ delivery: RecentDeliveries.Delivery) -> String {
    if delivery.hasLostContent { return "Head and body have given way to newer ones." }
    return delivery.isVerified
      ? "Head and body were not kept: a route's bodies are where it says inspect: {bodies: true}."
      : "Head and body of what is not verified are not kept here."
  }

  /// What an outcome means.
  private static func meaning(of outcome: String) -> String {
    switch outcome {
    case "forwarded": "Verified, and the app's answer was handed back to the sender."
    case "observed": "Not verified, and forwarded all the same, marked as failed: the route observes."
    case "refused": "Answered by the gateway itself: nothing of it reached the app."
    case "failed": "Verified, but no upstream gave a complete answer: the sender has to come again."
    case "app-error":
      "Verified, and the app answered with an error of its own, which was handed back: the sender has to come again."
    case "abandoned": "The sender went away before its answer was complete."
    case "stored": "Verified, and on disk: the app gets it from there."
    case "duplicate": "Verified, and known already: nothing was stored."
    default: outcome
    }
  }

  /// What its reason means, and how to find out more.
  private func advice(_ delivery: RecentDeliveries.Delivery) -> HTML {
    let route = delivery.route ?? ""
    let isKept = delivery.reason == "mismatch" && source.routes.contains { $0.name == route && $0.isDurable }
    return element(.p, .class("lead")) {
      switch delivery.reason {
      case "mismatch": "No secret of the route gives this signature. "
      case "stale": "The signature is right, the time is not. "
      default: ""
      }
      "To find out more, catch the next one: "
      Parts.command("vesigate capture --route \(String(route.drop { $0 != "/" }).shellWord)")
      " "
      Parts.command("vesigate diagnose")
      if isKept {
        " Where the route has a quarantine, this one may be in "
        Parts.link("its quarantine", PageAddress("quarantine", query: [("route", route)]))
        "."
      }
    }
  }

  private func facts(_ delivery: RecentDeliveries.Delivery) -> [(String, HTML)] {
    var facts: [(String, HTML)] = [
      ("Outcome", Self.outcome(delivery)), ("Over", Parts.time(delivery.at, source.now())),
    ]
    if let route = delivery.route {
      facts.append(("Route", Parts.link(route, PageAddress("recent", query: [("route", route)]))))
    }
    if let reason = delivery.reason {
      facts.append(
        ("Reason", Parts.link(Self.short(reason), PageAddress("recent", query: [("reason", reason)]))))
    }
    if let detail = delivery.detail { facts.append(("Detail", HTML(HeadView.cut(Array(detail.utf8))))) }
    facts += [
      ("Request", Parts.code(delivery.requestID)), ("From", Parts.code(delivery.remote)),
      ("Request line", Parts.code(HeadView.cut(Array("\(delivery.method) \(delivery.path)".utf8)))),
      ("Body", HTML(Parts.size(delivery.bodyBytes))),
    ]
    if let id = delivery.delivery {
      facts.append(
        (
          delivery.outcome == "duplicate" ? "The first one" : "Stored as",
          Parts.link(id, PageAddress("stored", id))
        ))
    }
    if let upstream = delivery.upstream { facts.append(("Upstream", Parts.code(Self.short(upstream)))) }
    if let status = delivery.upstreamStatus { facts.append(("The app answered", HTML("\(status)"))) }
    if delivery.attempts > 0 { facts.append(("Attempts", HTML(Parts.number(delivery.attempts)))) }
    if let secret = delivery.secret { facts.append(("Proved by secret", Parts.code(secret))) }
    if let age = delivery.ageSeconds {
      facts.append(("Signed", HTML("\(Parts.number(age)) s before it came")))
    }
    if delivery.isTest { facts.append(("Test", HTML("sent by Try it, marked X-Delivery-Test"))) }
    return facts
  }

  private static func times(_ delivery: RecentDeliveries.Delivery) -> [(String, HTML)] {
    var times = [("Verifying", HTML(took(delivery.verifyMicroseconds)))]
    if delivery.upstream != nil { times.append(("Upstream", HTML(took(delivery.upstreamMicroseconds)))) }
    return times + [("All", HTML(took(delivery.totalMicroseconds)))]
  }

  private func head(
    _ content: DeliveryContent, _ delivery: RecentDeliveries.Delivery, _ request: InspectorRequest
  ) -> HTML {
    let view = HeadView(
      content.head, privateNames: privateFields, isRevealed: request.query["reveal"] != nil)
    return element(.section, .labelledBy("head")) {
      element(.h2, .id("head")) { "Header fields" }
      view.html(
        "As they came", reveal: PageAddress("recent", "\(delivery.number)", query: [("reveal", "1")]))
    }
  }
}

extension RecentDeliveries.Delivery {
  /// Refused because of its signature or its time, and known to a route.
  fileprivate var isNotVerified: Bool { outcome == "refused" && status == 401 && route != nil }
}
