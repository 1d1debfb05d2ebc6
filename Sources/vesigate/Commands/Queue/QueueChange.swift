internal import Operations
internal import Queue

/// What somebody asks for, and to which deliveries it can happen.
enum QueueChange: CaseIterable {
  case replay, retry, cancel, purge, resume

  var verb: QueueRequest.Verb {
    switch self {
    case .replay: .replay
    case .retry: .retry
    case .cancel: .cancel
    case .purge: .purge
    case .resume: .resume
    }
  }

  /// Of a filter that names none.
  var standardState: JobState {
    switch self {
    case .replay, .purge: .dead
    case .cancel, .retry: .queued
    case .resume: .cancelled
    }
  }

  func canHappen(to state: JobState) -> Bool {
    switch self {
    case .replay: state.after(.replay) != nil
    case .retry: state == .queued
    case .cancel: state.after(.cancel) != nil
    case .resume: state.after(.resume) != nil
    case .purge: state.isFinal
    }
  }

  /// A body has to be there for what is sent once more.
  var needsBody: Bool { self == .replay || self == .resume }

  /// Of what it cannot happen to.
  var only: String {
    switch self {
    case .replay: "only what is dead, delivered or cancelled can be sent again"
    case .retry: "only what is queued can be tried now; queue replay sends again what has ended"
    case .cancel: "only what is queued or orphaned can be called off"
    case .purge: "only what is dead, delivered or cancelled can be deleted"
    case .resume: "only what was called off can be resumed; queue replay sends again what has ended"
    }
  }

  func whyNot(_ id: String, _ state: JobState) -> String {
    let isWaiting = self == .purge && state == .queued
    return "\(id) is \(state.name); \(isWaiting ? "it still waits: queue cancel it first" : only)"
  }

  var done: String {
    switch self {
    case .replay: "queued again"
    case .retry: "due now"
    case .cancel: "called off"
    case .purge: "deleted"
    case .resume: "resumed"
    }
  }
}
