internal import Logging
internal import Queue

/// Says of replays what nobody has commanded: that one is done, or has paused itself.
struct ReplayNews {
  private var states: [Int64: ReplayState]?

  mutating func tell(_ replays: [Replay], _ logger: Logger) {
    let before = states
    states = Dictionary(replays.map { ($0.number, $0.state) }) { first, _ in first }
    // What was so at the start is no news.
    guard let before, states != before else { return }
    for replay in replays where before[replay.number] != replay.state {
      let facts: Logger.Metadata = [
        "replay": "\(replay.number)", "moved": "\(replay.moved)", "failed": "\(replay.failed)",
        "total": "\(replay.order.total)",
      ]
      switch replay.state {
      case .done: logger.notice("a replay is done", metadata: facts)
      case .failing:
        logger.warning("a replay has paused itself: half of what it moved last died again", metadata: facts)
      case .running, .paused, .stopped: break
      }
    }
  }
}
