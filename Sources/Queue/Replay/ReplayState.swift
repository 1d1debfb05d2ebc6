/// Where a replay stands: many deliveries that are sent again, a few at a time.
public enum ReplayState: Int64, Sendable, CaseIterable {
  /// Goes on by itself, also behind a restart.
  case running = 0
  /// An operator has stopped it for a while.
  case paused = 1
  /// It has stopped itself: too many of those that it moved died again.
  case failing = 2
  /// All that it was to move has been looked at.
  case done = 3
  /// An operator has ended it.
  case stopped = 4

  public enum Event: Sendable, CaseIterable {
    case pause, fail, resume, stop, finish
  }

  /// Where `event` leads from here; nil where it cannot happen.
  public func after(_ event: Event) -> ReplayState? {
    switch (self, event) {
    case (.running, .pause): .paused
    case (.running, .fail): .failing
    case (.running, .finish): .done
    case (.paused, .resume), (.failing, .resume): .running
    case (.running, .stop), (.paused, .stop), (.failing, .stop): .stopped
    default: nil
    }
  }

  /// Nothing happens to it any more.
  public var isOver: Bool { self == .done || self == .stopped }

  /// As operators read it.
  public var name: String {
    switch self {
    case .running: "running"
    case .paused: "paused"
    case .failing: "failing"
    case .done: "done"
    case .stopped: "stopped"
    }
  }
}
