internal import Gateway

/// What is done with one delivery that is stored.
extension Inspector {
  /// Only what a button of ours says.
  static func notice(_ done: String?) -> String? {
    done.flatMap { StoredChange(rawValue: $0) }?.done
  }

  func actions(_ id: String, _ jobs: [QueueAnswer.Job], hasBody: Bool) -> HTML {
    let possible = StoredChange.allCases.filter { change in
      (hasBody || !change.needsBody) && jobs.contains { change.states.contains($0.state) }
    }
    guard !possible.isEmpty else { return .empty }
    return Parts.actions {
      for change in possible {
        if change.isOfOne {
          Parts.button(
            change.title, post: PageAddress("stored", id, change.rawValue),
            tone: change == .cancel ? .problem : possible.first == change ? .busy : .quiet)
        } else {
          element(
            .a, .class("button"),
            .href(PageAddress("change", query: [("verb", change.rawValue), ("id", id)]))
          ) { change.title + " …" }
        }
      }
    }
  }

  func changeStored(_ id: String, _ verb: String, _ request: InspectorRequest) async -> InspectorReply {
    guard let change = StoredChange(rawValue: verb), change.isOfOne else {
      return notFound("There is nothing to be done here.")
    }
    guard PublicID(id) != nil else { return noDelivery(id) }
    var question = QueueRequest(change.verb)
    question.id = id
    question.withBody = change.needsBody
    question.limit = QueueRequest.pageMax
    let answer = await source.queue(question, by: request.caller.queueCaller)
    guard answer.ok else { return refused("\(answer.message).", status: 503, in: .stored) }
    guard answer.count > 0 else {
      return refused("\(change.only) Look at it again: it may have changed.", status: 409, in: .stored)
    }
    return .goOn(to: PageAddress("stored", id, query: [("done", change.rawValue)]))
  }
}
