internal import Formats

/// What became of one job, from its acceptance to what comes next.
struct Timeline: Sendable {
  /// Attempts of all jobs of a page, and bytes of their answers: it stays within its bound.
  static let attemptsMax = 100
  static let answerBytesMax = 6_000

  let job: QueueAnswer.Job
  let now: Int64
  /// Of this one's share.
  let attemptsMax: Int
  let answerBytesMax: Int

  var html: HTML {
    let shown = job.tries.suffix(attemptsMax)
    // Somebody may have changed what the store says.
    let left = job.attempts.subtractingSaturated(shown.count)
    let share = answerBytesMax / max(shown.count, 1)
    return element(.ol, .class("timeline")) {
      element(.li) {
        element(.strong) { "Accepted " }
        Parts.time(job.accepted, now)
      }
      if left > 0 {
        element(.li, .class("quiet")) { "\(Parts.counted(left, "attempt", "attempts")) before these." }
      }
      for attempt in shown { entry(attempt, share) }
      end
    }
  }

  private func entry(_ attempt: QueueAnswer.Attempt, _ answerBytesMax: Int) -> HTML {
    element(.li) {
      element(.strong) { "Attempt \(attempt.number) " }
      Parts.time(attempt.at, now)
      element(.div) {
        Parts.badge(Self.word(attempt), Self.tone(attempt.status))
        if attempt.status != nil, let reason = attempt.reason, reason != "status" { " \(reason)" }
        " after \(Self.took(attempt.milliseconds))"
        if let upstream = attempt.upstream {
          " at "
          Parts.code(String(upstream.prefix(200)))
        }
      }
      if let answer = attempt.answer, !answer.isEmpty { self.answer(answer, attempt.number, answerBytesMax) }
    }
  }

  /// The app's status, or why there is none.
  private static func word(_ attempt: QueueAnswer.Attempt) -> String {
    attempt.status.map { "answered \($0)" } ?? attempt.reason ?? "no answer"
  }

  private static func tone(_ status: Int?) -> Parts.Tone {
    guard let status else { return .problem }
    return (200..<300).contains(status) ? .good : .problem
  }

  static func took(_ milliseconds: Int64) -> String {
    milliseconds < 1_000
      ? "\(milliseconds) ms" : "\(milliseconds / 1_000).\(milliseconds % 1_000 / 100) s"
  }

  private func answer(_ answer: String, _ number: Int, _ bytesMax: Int) -> HTML {
    let isLast = number == job.tries.last?.number
    let content =
      element(.summary) { "What the app said" }
      + element(.pre, .tabIndex(0), .role("region"), .label("Answer to attempt \(number)")) {
        HeadView.cut(Array(answer.utf8), bytesMax)
      }
    // The last one is why it stands as it does.
    return isLast ? element(.details, .open) { content } : element(.details) { content }
  }

  @HTMLBuilder private var end: HTML {
    if let ended = job.ended {
      element(.li) {
        Parts.state(job.state)
        " "
        Parts.time(ended, now)
        if job.state == "dead" { element(.div) { Self.meaning(of: job.reason) } }
      }
    } else if job.state == "queued" {
      element(.li) {
        if let paused = job.pausedUntil, paused > now {
          Parts.badge("paused", .warning)
          " The app fails: nothing is sent until it is tried again "
          Parts.time(paused, now)
        } else if let next = job.next, next > now {
          element(.strong) { "Next attempt " }
          Parts.time(next, now)
        } else {
          element(.strong) { "Due now" }
        }
      }
    } else {
      element(.li) {
        Parts.state(job.state)
        if job.state == "orphaned" {
          " Its route, or its upstream, is no longer in the configuration. It is queued again once that is back."
        }
      }
    }
  }

  /// What a reason for giving up means, and what to do.
  static func meaning(of reason: String?) -> String {
    switch reason {
    case "status":
      "The app's answer says that it never takes this. Mend the app, then send the delivery again."
    case "age": "It failed for as long as the route retries. Once the app takes it, send it again."
    case "seal-broken": "It is not what was stored: it cannot be sent."
    case "poison":
      "The daemon ended while it was being sent, more than once. Look at the log before it is sent again."
    default: reason ?? ""
    }
  }
}
