/// Where one job stands: one delivery on its way to one upstream, or to one of a route's.
public enum JobState: Int64, Sendable, CaseIterable {
  /// Waits for its due time.
  case queued = 0
  /// An attempt is under way.
  case sending = 1
  /// The app has answered 2xx.
  case delivered = 2
  /// Given up, kept, and shown until somebody acts.
  case dead = 3
  /// An operator has called it off.
  case cancelled = 4
  /// Its route or its upstream left the configuration.
  case orphaned = 5

  /// What can happen to a job.
  public enum Event: Sendable, CaseIterable {
    case start, deliver, retry, giveBack, die, cancel, orphan, adopt, replay, resume, restart
  }

  /// Where `event` leads from here; nil where it cannot happen.
  ///
  /// - Parameter keepsBody: whether the body is still there: what was delivered is sent again only from it.
  public func after(_ event: Event, keepsBody: Bool = true) -> JobState? {
    switch (self, event) {
    case (.queued, .start): .sending
    case (.sending, .deliver): .delivered
    case (.sending, .retry), (.sending, .giveBack), (.sending, .restart): .queued
    case (.sending, .die): .dead
    case (.queued, .cancel), (.orphaned, .cancel): .cancelled
    case (.queued, .orphan): .orphaned
    case (.orphaned, .adopt): .queued
    case (.dead, .replay), (.cancelled, .replay), (.delivered, .replay): keepsBody ? .queued : nil
    // With what is left of its time.
    case (.cancelled, .resume): keepsBody ? .queued : nil
    // Nobody was sending it: a start finds it as it was left.
    case (_, .restart): self
    default: nil
    }
  }

  /// As operators write it.
  public var name: String {
    switch self {
    case .queued: "queued"
    case .sending: "sending"
    case .delivered: "delivered"
    case .dead: "dead"
    case .cancelled: "cancelled"
    case .orphaned: "orphaned"
    }
  }

  /// By that name.
  public init?(named name: String) {
    guard let state = JobState.allCases.first(where: { $0.name == name }) else { return nil }
    self = state
  }

  /// Counts against the store's bounds and is never deleted to make room: it is, or may become, a loss.
  public var isHeld: Bool { self != .delivered && self != .cancelled }
  /// Nothing happens to it any more unless somebody asks.
  public var isFinal: Bool { self == .delivered || self == .dead || self == .cancelled }
}
