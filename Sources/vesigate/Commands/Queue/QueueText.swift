internal import Formats
internal import Operations
internal import POSIX

/// Stored deliveries for people, in lines that fit 80 columns but where a name is longer.
enum QueueText {
  static func lines(of job: QueueAnswer.Job, json: Bool) -> [String] {
    if json { return [job.json] }
    let now = Clocks.now().unixMilliseconds
    let attempts = "\(job.attempts) \(job.attempts == 1 ? "attempt" : "attempts")"
    let state = job.state + String(repeating: " ", count: max(1, 10 - job.state.count))
    let accepted = TimeText.age(from: job.accepted, to: now)
    return [
      "\(job.id)  \(state)\(accepted) ago, \(attempts)\(next(job, now))",
      "  " + ([job.route, job.upstream].filter { !$0.isEmpty }.joined(separator: " -> ")) + why(job),
    ]
  }

  private static func next(_ job: QueueAnswer.Job, _ now: Int64) -> String {
    guard let next = job.next else { return "" }
    return next <= now ? ", due" : ", next in \(TimeText.age(from: now, to: next))"
  }

  private static func why(_ job: QueueAnswer.Job) -> String {
    let words = [job.status.map { "\($0)" }, job.reason].compactMap { $0 }
    return words.isEmpty ? "" : "  " + words.joined(separator: " ")
  }

  static func whole(_ job: QueueAnswer.Job) -> [String] {
    let tries = job.tries.flatMap { attempt -> [String] in
      let what = [attempt.status.map { "\($0)" }, attempt.reason].compactMap { $0 }.joined(separator: " ")
      let line =
        "  \(attempt.number). \(TimeText.utc(unixMilliseconds: attempt.at)), \(attempt.milliseconds) ms: \(what)"
      return [line]
        + (attempt.answer.map { ["     " + $0.split(whereSeparator: \.isNewline).joined(separator: " ")] }
          ?? [])
    }
    return lines(of: job, json: false)
      + ["  accepted \(TimeText.utc(unixMilliseconds: job.accepted)), \(job.bodyBytes) bytes"] + tries
  }
}
