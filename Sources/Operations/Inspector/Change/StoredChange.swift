/// What can be done with stored deliveries.
enum StoredChange: String, CaseIterable, Sendable {
  case replay, retry, cancel, resume, purge

  var verb: QueueRequest.Verb {
    switch self {
    case .replay: .replay
    case .retry: .retry
    case .cancel: .cancel
    case .resume: .resume
    case .purge: .purge
    }
  }

  /// To which it can happen.
  var states: [String] {
    switch self {
    case .replay, .purge: ["dead", "delivered", "cancelled"]
    case .retry: ["queued"]
    case .cancel: ["queued", "orphaned"]
    case .resume: ["cancelled"]
    }
  }

  /// Of a filter that names none; what is deleted has to be named.
  var standardState: String? {
    switch self {
    case .replay: "dead"
    case .retry, .cancel: "queued"
    case .resume: "cancelled"
    case .purge: nil
    }
  }

  /// A body has to be there for what is sent once more.
  var needsBody: Bool { self == .replay || self == .resume }

  /// Whether it can be asked of one delivery by its own button.
  var isOfOne: Bool { self != .purge }

  var tone: Parts.Tone { self == .purge || self == .cancel ? .problem : .busy }

  /// On buttons.
  var title: String {
    switch self {
    case .replay: "Send again"
    case .retry: "Try now"
    case .cancel: "Call off"
    case .resume: "Take up again"
    case .purge: "Delete"
    }
  }

  /// `Send the dead ones again`
  func title(of state: String?) -> String {
    guard let state else { return title }
    return switch self {
    case .replay: "Send \(state) ones again"
    case .retry: "Try \(state) ones now"
    case .cancel: "Call off \(state) ones"
    case .resume: "Take up \(state) ones again"
    case .purge: "Delete \(state) ones"
    }
  }

  /// - Parameter deliveries: `12 deliveries`
  func question(_ deliveries: String) -> String {
    switch self {
    case .replay: "Send \(deliveries) again?"
    case .retry: "Try \(deliveries) now?"
    case .cancel: "Call off \(deliveries)? The app does not get them unless they are taken up again."
    case .resume: "Take up \(deliveries) again?"
    case .purge: "Delete \(deliveries) for good?"
    }
  }

  var done: String {
    switch self {
    case .replay: "It was queued again: what comes of it stands below."
    case .retry: "It was made due at once: what comes of it stands below."
    case .cancel: "It is called off."
    case .resume: "It is taken up again."
    case .purge: "It is deleted."
    }
  }

  /// Of what it cannot happen to.
  var only: String {
    switch self {
    case .replay: "Only what is dead, delivered or cancelled, and has its body still, can be sent again."
    case .retry: "Only what is queued can be tried now."
    case .cancel: "Only what is queued or orphaned can be called off."
    case .resume: "Only what was called off, and has its body still, can be taken up again."
    case .purge: "Only what is dead, delivered or cancelled can be deleted."
    }
  }
}
