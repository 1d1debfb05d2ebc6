/// A change of many stored or quarantined deliveries, a page at a time.
struct InspectorJob: Sendable {
  /// What is done, to which of them.
  enum Work: Sendable, Equatable {
    case queue(QueueRequest)
    case quarantine(QuarantineRequest)

    var verb: String {
      switch self {
      case .queue(let request): request.verb
      case .quarantine(let request): request.verb
      }
    }
  }

  enum State: String, Sendable {
    case running
    case paused
    /// It has paused itself: the store does not answer as it should.
    case failing
    case done
    case stopped

    /// Nothing happens to it any more.
    var isOver: Bool { self == .done || self == .stopped }
  }

  enum Event: String, Sendable {
    case pause, resume, stop
  }

  var number = 0
  /// As it was asked for.
  let asked: Work
  /// What is left of it.
  var work: Work
  var state = State.running
  /// How many there were when it was asked for.
  var total = 0
  var changed = 0
  /// Of a release: what was not queued, and why.
  var leftovers = Leftovers()
  /// Why it has paused itself, for people.
  var message = ""
  /// Unix milliseconds, as `ended`.
  var began: Int64 = 0
  var ended: Int64?
  var caller: InspectorCaller

  init(_ work: Work, by caller: InspectorCaller) {
    asked = work
    self.work = work
    self.caller = caller
  }

  struct Leftovers: Sendable, Equatable {
    var duplicates = 0
    var unverified = 0
    var revoked = 0
    var waiting = 0
    var broken = 0

    var all: Int { duplicates + unverified + revoked + waiting + broken }
  }

  /// How many have been looked at, as far as that is known.
  var lookedAt: Int { changed + leftovers.all }
}

extension InspectorJob.State {
  /// Where `event` leads from here; nil where it cannot happen.
  func after(_ event: InspectorJob.Event) -> InspectorJob.State? {
    switch (self, event) {
    case (.running, .pause): .paused
    case (.paused, .resume), (.failing, .resume): .running
    case (.running, .stop), (.paused, .stop), (.failing, .stop): .stopped
    default: nil
    }
  }
}
