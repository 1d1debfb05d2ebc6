@testable import Operations

/// Stored deliveries for pages.
enum InspectorStored {
  static let now = FakeInspectorSource.now
  static let id = "0198f1c2-7a40-7f6e-8c55-2f1d3c4b5a69"
  static let other = "0198f1c2-7a40-7f6e-8c55-000000000001"
  /// No page is longer.
  static let pageBytesMax = 300_000

  static let head = """
    POST /hook HTTP/1.1\r
    Host: localhost\r
    Content-Type: application/json\r
    X-Proof-Of-Ours: PRIVATE-0\r
    Webhook-Signature: PRIVATE-1\r
    Authorization: Bearer PRIVATE-2\r
    Cookie: a=PRIVATE-3\r
    X-Api-Key: PRIVATE-4\r
    \r

    """

  static func job(_ state: String = "dead", _ id: String = id) -> QueueAnswer.Job {
    var job = QueueAnswer.Job()
    job.id = id
    job.route = "/hook"
    job.state = state
    job.accepted = now - 7_200_000
    job.attempts = 2
    job.secret = "0a1b2c3d"
    job.bodyBytes = 2_048
    job.status = 500
    job.reason = state == "dead" ? "status" : nil
    if state == "queued" { job.next = now + 300_000 } else { job.ended = now - 60_000 }
    return job
  }

  static func attempt(_ number: Int, _ answer: String? = nil) -> QueueAnswer.Attempt {
    var attempt = QueueAnswer.Attempt()
    attempt.number = number
    attempt.at = now - 120_000 + Int64(number)
    attempt.milliseconds = 1_250
    attempt.status = 500
    attempt.answer = answer
    return attempt
  }

  static func stored(_ id: String = id, accepted: Int64 = now - 7_200_000) -> QueueAnswer.Stored {
    var stored = QueueAnswer.Stored()
    stored.id = id
    stored.route = "/hook"
    stored.accepted = accepted
    stored.signed = accepted - 1_000
    stored.requestID = "the-request"
    stored.remote = "192.0.2.7"
    stored.method = "POST"
    stored.target = "/hook?x=1"
    return stored
  }

  static var route: InspectedRoute {
    var route = InspectedRoute()
    route.name = "/hook"
    route.isDurable = true
    route.privateFields = ["x-proof-of-ours"]
    return route
  }

  /// A store with one delivery.
  ///
  /// - Parameter answer: to what is answered differently.
  static func source(
    _ job: QueueAnswer.Job = job(), head: String = head, body: [UInt8] = Array(#"{"event":"paid"}"#.utf8),
    _ answer: @escaping @Sendable (QueueRequest) -> QueueAnswer? = { _ in nil }
  ) -> FakeInspectorSource {
    var facts = FakeInspectorSource.Facts()
    facts.routes = [route]
    facts.queue = { request in
      if let special = answer(request) { return special }
      var answer = QueueAnswer()
      answer.count = 1
      switch request.verb {
      case "list", "show": answer.jobs = [job]
      case "head": answer.part = .init(of: Array(head.utf8), from: 0, stored: stored())
      case "body": answer.part = .init(of: body, from: request.offset ?? 0, stored: stored())
      default: break
      }
      return answer
    }
    return FakeInspectorSource(facts)
  }
}

extension ReadPage {
  var links: [String] { all("a").compactMap { $0["href"] } }

  /// Text of each element of that tag, in their order.
  func texts(of tag: String) -> [String] {
    var (texts, depth): ([String], Int) = ([], 0)
    for event in events {
      switch event {
      case .start(tag, _):
        if depth == 0 { texts.append("") }
        depth += 1
      case .end(tag): depth -= 1
      case .text(let text): if depth > 0 { texts[texts.count - 1] += text }
      default: break
      }
    }
    return texts
  }
}
