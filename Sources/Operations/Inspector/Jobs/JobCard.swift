internal import Formats

/// A change of many with its progress, and what can be done with it.
struct JobCard: Sendable {
  /// Of what a filter says. There are many cards on a page.
  private static let wordsBytesMax = 200

  private let title: String
  /// Its path below which it is changed.
  private let path: String
  private let number: String
  private let state: String
  private let message: String?
  private let done: Int
  private let total: Int
  private let facts: [(String, HTML)]
  private let mayAct: Bool

  var html: HTML {
    element(.article, .class("job")) {
      element(.div, .class("head")) {
        element(.h3) { title }
        element(.p, .class("badges")) { Parts.state(state) }
      }
      element(.p, .class("progress")) {
        element(.progress, .label("\(title): progress"), .count(.max, max(total, 1)), .count(.value, shown))
        " "
        "\(Parts.number(done)) of \(Parts.number(total))"
      }
      if let message { element(.p, .class("notice warning")) { message } }
      Parts.facts(facts)
      if mayAct, !events.isEmpty { buttons }
    }
  }

  /// What was counted may have gone by itself since.
  private var shown: Int { state == "done" ? max(total, 1) : min(done, max(total, 1)) }

  private var events: [(name: String, text: String, tone: Parts.Tone)] {
    switch state {
    case "running": [("pause", "Pause", .quiet), ("stop", "Stop", .problem)]
    case "paused", "failing": [("resume", "Go on", .busy), ("stop", "Stop", .problem)]
    default: []
    }
  }

  private var buttons: HTML {
    Parts.actions {
      for event in events {
        Parts.button(
          event.text, post: PageAddress(path, number, event.name), tone: event.tone,
          name: "\(event.text): \(title)")
      }
    }
  }

  private static func shown(_ words: String) -> String { HeadView.cut(Array(words.utf8), wordsBytesMax) }

  // MARK: A replay of the store's

  init(_ replay: QueueAnswer.Replay, now: Int64, _ mayAct: Bool) {
    title = "Replay \(replay.replay)"
    path = "replays"
    number = "\(replay.replay)"
    state = replay.state
    (self.done, self.total) = (replay.moved, max(replay.total, replay.moved))
    self.mayAct = mayAct
    message =
      replay.state == "failing"
      ? "It has paused itself: half of what it moved last died again. Mend the app, then let it go on. Those that died "
        + "again take another replay."
      : replay.waits.map { "It waits: \(Self.shown($0)) fails, or is behind." }
    var facts: [(String, HTML)] = [
      ("Which", Self.link(replay)), ("Queued again", HTML(Parts.number(replay.moved))),
      ("Failed", HTML(Parts.number(replay.failed))),
      ("At most", HTML("\(Parts.number(replay.rate)) a second")),
      ("Begun", Parts.time(replay.began, now)),
    ]
    if let user = replay.user { facts.append(("By", HTML("user id \(user)"))) }
    self.facts = facts
  }

  /// To what is left of them.
  private static func link(_ replay: QueueAnswer.Replay) -> HTML {
    let times = [("since", replay.since), ("until", replay.until)].map { name, instant in
      (name: name, value: instant.map { RFC3339.text(unixMilliseconds: $0) })
    }
    let query: [(name: String, value: String?)] =
      [
        ("state", replay.of), ("route", replay.route), ("upstream", replay.upstream),
        ("status", replay.status.map { "\($0)" }), ("reason", replay.reason), ("secret", replay.secret),
      ] + times
    let words = query.compactMap { field in field.value.map { "\(field.name) \($0)" } }.joined(
      separator: ", ")
    return words.utf8.count > wordsBytesMax
      ? HTML(shown(words)) : Parts.link(words, PageAddress("stored", query: query))
  }

  // MARK: One of these pages'

  init(_ job: InspectorJob, now: Int64, _ mayAct: Bool) {
    title = "Change \(job.number): \(Self.word(job.asked.verb))"
    path = "jobs"
    number = "\(job.number)"
    state = job.state.rawValue
    (self.done, self.total) = (job.lookedAt, max(job.total, job.lookedAt))
    self.mayAct = mayAct
    message = job.message.isEmpty ? nil : "It has paused itself: \(Self.shown(job.message))."
    var facts: [(String, HTML)] = [
      ("Which", HTML(Self.shown(Self.words(job.asked)))),
      (Self.done(job.asked.verb), HTML(Parts.number(job.changed))),
    ]
    facts += Self.leftovers(job.leftovers).map { ($0, HTML(Parts.number($1))) }
    facts.append(("Begun", Parts.time(job.began, now)))
    if let ended = job.ended { facts.append(("Ended", Parts.time(ended, now))) }
    if let user = job.caller.user { facts.append(("By", HTML("user id \(user)"))) }
    self.facts = facts
  }
}
