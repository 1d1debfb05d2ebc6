internal import Formats
internal import Operations
internal import POSIX

/// Stored deliveries for people, in lines that fit 80 columns but where a name is longer.
enum QueueText {
  static func lines(of job: QueueAnswer.Job, json: Bool) -> [String] {
    if json { return [job.json] }
    let attempts = "\(job.attempts) \(job.attempts == 1 ? "attempt" : "attempts")"
    let to = job.upstream.isEmpty ? [] : ["  -> \(job.upstream)"]
    return ["\(job.id)  \(job.route)"] + to
      + FoldedText.lines("  \(state(job)), \(attempts)\(why(job))", behind: "    ") + pause(job)
  }

  private static func pause(_ job: QueueAnswer.Job) -> [String] {
    let now = Clocks.now().unixMilliseconds
    guard let until = job.pausedUntil, until > now else { return [] }
    let who = job.upstream.isEmpty ? "route" : "upstream"
    return ["  waits, the \(who) is paused for \(TimeText.age(from: now, to: until))"]
  }

  /// Since when it is what it is, and since when it is here.
  private static func state(_ job: QueueAnswer.Job) -> String {
    let now = Clocks.now().unixMilliseconds
    let ended = job.ended.map { " \(TimeText.age(from: $0, to: now)) ago" } ?? ""
    return "\(job.state)\(ended), accepted \(TimeText.age(from: job.accepted, to: now)) ago\(next(job, now))"
  }

  private static func next(_ job: QueueAnswer.Job, _ now: Int64) -> String {
    guard let next = job.next else { return "" }
    return next <= now ? ", due" : ", next in \(TimeText.age(from: now, to: next))"
  }

  private static func why(_ job: QueueAnswer.Job) -> String {
    let words = [job.status.map { "\($0)" }, job.reason].compactMap { $0 }
    return words.isEmpty ? "" : ", " + words.joined(separator: " ")
  }

  private static func by(_ job: QueueAnswer.Job) -> String {
    job.secret.isEmpty ? "" : ", by secret \(job.secret)"
  }

  static func whole(_ job: QueueAnswer.Job) -> [String] {
    let tries = job.tries.flatMap { attempt -> [String] in
      let what = [attempt.status.map { "\($0)" }, attempt.reason].compactMap { $0 }.joined(separator: " ")
      let line =
        "  \(attempt.number). \(TimeText.utc(unixMilliseconds: attempt.at)), \(attempt.milliseconds) ms: \(what)"
      return [line] + (attempt.upstream.map { ["     -> \($0)"] } ?? [])
        + (attempt.answer.map { answer in
          let text = answer.split(whereSeparator: \.isNewline).joined(separator: " ")
          return FoldedText.lines("     " + text, behind: "     ")
        } ?? [])
    }
    let ended = job.ended.map { ["  \(job.state) \(TimeText.utc(unixMilliseconds: $0))"] } ?? []
    let accepted = "  accepted \(TimeText.utc(unixMilliseconds: job.accepted)), \(job.bodyBytes) bytes"
    return lines(of: job, json: false) + [accepted + by(job)] + ended + tries
  }
}
