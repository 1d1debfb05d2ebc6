internal import Formats

/// How many of each lane's deliveries replays may add now, so that what comes meanwhile finds slots free.
public struct ReplayRoom: Sendable {
  private var lanes: [Lane: Int]
  /// Of a lane that nothing is known of.
  private let others: Int

  public init(_ lanes: [Lane: Int], others: Int) {
    self.lanes = lanes
    self.others = others
  }

  /// False where there is none left.
  mutating func take(_ lane: Lane) -> Bool {
    let left = lanes[lane] ?? others
    guard left > 0 else { return false }
    lanes[lane] = left - 1
    return true
  }
}

extension Dispatcher {
  /// A lane that nobody has asked for yet begins with one slot.
  var replayRoom: ReplayRoom {
    ReplayRoom(Dictionary(lanes.map { ($0.lane, $0.replayRoom) }) { first, _ in first }, others: 1)
  }

  /// Jobs of this lane have become due.
  func wake(_ lane: Lane) {
    guard settings(of: lane) != nil else { return reconcile() }
    wait(lane, until: now().unixMilliseconds)
  }
}

extension Dispatcher.LaneStatus {
  /// So far behind may be what waits before a replay adds to it.
  static let lateMillisecondsMax: Int64 = 250

  /// None where the app fails, or is behind; otherwise half of its free slots.
  var replayRoom: Int {
    let isLate = nextDueInMilliseconds.map { $0 < -Self.lateMillisecondsMax } ?? false
    guard pausedForMilliseconds == nil, !isLate, freeSlots > 0 else { return 0 }
    return max(1, freeSlots / 2)
  }
}
