internal import Formats
internal import Operations
internal import POSIX

extension QueueText {
  static func progress(_ replay: QueueAnswer.Replay) -> String {
    let total = max(replay.total, replay.moved)
    let state = replay.state == "failing" ? "has paused itself" : replay.state
    return "replay \(replay.replay) \(state): \(replay.moved) of \(total) queued again"
      + (replay.failed > 0 ? ", \(replay.failed) failed" : "")
      + (replay.waits == nil ? "" : ", waits for the app")
      + (replay.state == "failing" ? "; mend the app, then vesigate queue resume \(replay.replay)" : "")
  }

  static func lines(of replay: QueueAnswer.Replay) -> [String] {
    let now = Clocks.now().unixMilliseconds
    let age = TimeText.age(from: replay.began, to: now)
    let by = replay.secret.map { "by secret \($0)" }
    let words = ["those \(replay.of)", replay.route, replay.upstream, replay.reason, by].compactMap { $0 }
    let times = [("since", replay.since), ("until", replay.until)].compactMap { word, instant in
      instant.map { "\(word) \(RFC3339.text(unixMilliseconds: $0))" }
    }
    return FoldedText.lines(progress(replay), behind: "  ")
      + ["  \(replay.rate) a second, begun \(age) ago"]
      + FoldedText.lines("  " + (words + times).joined(separator: ", "), behind: "    ")
      + (replay.waits.map { ["  waits: \($0) fails, or is behind"] } ?? [])
  }
}
