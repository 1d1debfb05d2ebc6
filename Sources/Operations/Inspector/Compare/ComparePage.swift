internal import Gateway

/// Two stored deliveries beside each other: why one was taken and the other was not.
extension Inspector {
  /// Of a body, bytes, and of its lines.
  private static let comparedBytesMax = 256 << 10
  private static let comparedLinesMax = 5_000

  /// What is compared of one.
  private struct Compared: Sendable {
    let id: String
    let stored: QueueAnswer.Stored
    let head: HeadView
    let lines: [[UInt8]]
    let isJSON: Bool
    let isCut: Bool
  }

  private struct Absent: Error {
    let sentence: String
    let status: Int
  }

  func compare(_ request: InspectorRequest) async -> InspectorReply {
    guard let first = request.query["a"], let second = request.query["b"] else {
      return refused("Two deliveries are compared: a and b are their ids.", in: .stored)
    }
    do throws(Absent) {
      let one = try await compared(first, request)
      let isBefore = second == "before"
      let other = try await compared(isBefore ? before(one, request) : second, request)
      // The older one first.
      let (older, newer) = one.stored.accepted <= other.stored.accepted ? (one, other) : (other, one)
      return comparison(older, newer, request)
    } catch {
      return refused(error.sentence, status: error.status, in: .stored)
    }
  }

  /// The id of the one that was accepted before it on the same route.
  private func before(_ one: Compared, _ request: InspectorRequest) async throws(Absent) -> String {
    var question = QueueRequest(.list)
    question.route = one.stored.route
    question.until = one.stored.accepted
    question.withBody = true
    question.isHurried = true
    question.limit = Self.jobsOfOneMax
    let answer = await source.queue(question, by: request.caller.queueCaller)
    guard answer.ok else { throw Absent(sentence: "\(answer.message).", status: 503) }
    guard let before = answer.jobs.first(where: { $0.id != one.id }) else {
      throw Absent(sentence: "There is none before it on its route, or no longer with its body.", status: 404)
    }
    return before.id
  }

  /// A delivery has no more jobs than its route has upstreams.
  private static let jobsOfOneMax = 64

  private func compared(_ id: String, _ request: InspectorRequest) async throws(Absent) -> Compared {
    guard PublicID(id) != nil else { throw Absent(sentence: "\(id) is no delivery's id.", status: 400) }
    let head = await storedHead(id, request.caller)
    guard head.ok, let part = head.part, let bytes = part.bytes else {
      throw Absent(
        sentence: head.ok ? "\(id) cannot be read." : "\(id) cannot be compared: \(head.message).",
        status: head.refusal == .absent ? 404 : 503)
    }
    guard case .part(let body, let total) = await storedBody(id, request.caller).read(0) else {
      throw Absent(sentence: "The body of \(id) is gone.", status: 404)
    }
    let isWhole = body.count == total && total <= Self.comparedBytesMax
    let json = isWhole ? IndentedJSON(body, bytesMax: Self.comparedBytesMax) : nil
    let text = json?.bytes ?? Array(body.prefix(Self.comparedBytesMax))
    let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
    return Compared(
      id: id, stored: part.stored,
      head: HeadView(
        bytes, privateNames: privateFields, isRevealed: request.query["reveal"] != nil),
      lines: lines.prefix(Self.comparedLinesMax).map { Array($0) }, isJSON: json != nil,
      isCut: !isWhole || lines.count > Self.comparedLinesMax || (json?.bytesTotal ?? 0) > text.count)
  }

  private func comparison(_ older: Compared, _ newer: Compared, _ request: InspectorRequest) -> InspectorReply
  {
    let address = PageAddress("compare", query: [("a", older.id), ("b", newer.id), ("reveal", "1")])
    let hasPrivate = older.head.hasPrivate || newer.head.hasPrivate
    return page("Compare two deliveries", in: .stored) {
      element(.p, .class("lead")) {
        "− is in the older one alone, + in the newer one. What is masked is compared all the same."
      }
      Parts.facts([("− older", way(older)), ("+ newer", way(newer))])
      element(.section, .labelledBy("head")) {
        element(.h2, .id("head")) { "Header fields" }
        Self.heads(older.head, newer.head).html
        if hasPrivate, !older.head.isRevealed {
          element(.p) { Parts.link("Show signatures, passwords and cookies too", address) }
        }
      }
      element(.section, .labelledBy("body")) {
        element(.h2, .id("body")) { older.isJSON && newer.isJSON ? "Body, as indented JSON" : "Body" }
        DifferenceView(older.lines, newer.lines, label: "Differences of the bodies").html
        if older.isCut || newer.isCut {
          element(.p, .class("count")) { "Only the beginnings were compared: the bodies are long." }
        }
      }
    }
  }

  private func way(_ one: Compared) -> HTML {
    element(.a, .href(PageAddress("stored", one.id))) { Parts.code(one.id) } + HTML(" ")
      + Parts.time(one.stored.accepted, source.now()) + HTML(" \(one.stored.route)")
  }

  /// By what they are, and shown as they may be.
  private static func heads(_ older: HeadView, _ newer: HeadView) -> DifferenceView {
    var masks: [[UInt8]: String] = [:]
    let lines = [older, newer].map { head in
      if head.shownLine != head.line {
        masks[head.line] = DifferenceView.text(head.shownLine)
      }
      return [head.line]
        + head.fields.map { field in
          let line = field.name + Array(": ".utf8) + field.value
          if field.isPrivate, !head.isRevealed {
            masks[line] = "\(String(decoding: field.name, as: UTF8.self)): \(HeadView.mask(field))"
          }
          return line
        }
    }
    return DifferenceView(lines[0], lines[1], label: "Differences of the header fields") { line in
      masks[line] ?? DifferenceView.text(line)
    }
  }
}
