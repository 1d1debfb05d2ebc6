internal import Formats

/// What pages are made of.
enum Parts {
  /// What something asks for. Never told by its colour alone.
  enum Tone: String, Sendable {
    case good, busy, warning, problem, quiet
  }

  // MARK: Words

  /// An instant, and how far it is from now: `2026-12-01 12:00:00 UTC` with `12 s ago` or `in 5 min` before it.
  ///
  /// - Parameter instant: Unix milliseconds, as `now`; 0 or less is never.
  static func time(_ instant: Int64, _ now: Int64) -> HTML {
    guard instant > 0 else { return element(.span, .class("quiet")) { "never" } }
    return element(.time, .class("when"), .datetime(machineTime(instant)), .title(utc(instant))) {
      element(.span, .class("ago")) { distance(instant, now) }
      " "
      element(.span, .class("utc")) { utc(instant) }
    }
  }

  /// Likewise where there is little room: the whole of it is told to machines, and to whoever points at it.
  static func ago(_ instant: Int64, _ now: Int64) -> HTML {
    guard instant > 0 else { return element(.span, .class("quiet")) { "never" } }
    return element(.time, .datetime(machineTime(instant)), .title(utc(instant))) { distance(instant, now) }
  }

  /// `12 s ago`, `in 5 min`
  static func distance(_ instant: Int64, _ now: Int64) -> String {
    instant > now
      ? "in " + TimeText.age(from: now, to: instant) : TimeText.age(from: instant, to: now) + " ago"
  }

  static func utc(_ instant: Int64) -> String { TimeText.utc(unixMilliseconds: instant) }

  /// For the `datetime` of a `time`: RFC 3339.
  static func machineTime(_ instant: Int64) -> String { RFC3339.text(unixMilliseconds: instant) }

  /// A word for how something stands, in its tone: a job's state, an outcome, a replay's state.
  static func state(_ word: String) -> HTML { badge(word, tone(of: word)) }

  static func badge(_ text: String, _ tone: Tone) -> HTML {
    element(.span, .class("badge " + tone.rawValue)) { text }
  }

  static func tone(of word: String) -> Tone {
    switch word {
    case "delivered", "forwarded", "stored", "verified", "released", "done", "answers": .good
    case "queued", "sending", "running", "held", "duplicate": .busy
    case "paused", "failing", "observed", "observes", "quarantined", "drifting": .warning
    case "dead", "orphaned", "refused", "failed", "app-error", "FAILING": .problem
    default: .quiet
    }
  }

  static func link(_ text: String, _ address: PageAddress) -> HTML {
    element(.a, .href(address)) { text }
  }

  /// What others wrote or a machine reads: its own direction, and broken wherever it must be.
  static func code(_ text: String) -> HTML { element(.code) { text } }

  /// The shell command that mends it; selected as a whole by one click.
  static func command(_ text: String) -> HTML { element(.code, .class("command")) { text } }

  /// `12,345`
  static func number(_ count: Int) -> String {
    let digits = String(count.magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
      text.append(digit)
    }
    return count < 0 ? "-" + text : text
  }

  /// `1 delivery`, `12,345 deliveries`
  static func counted(_ count: Int, _ one: String = "delivery", _ many: String = "deliveries") -> String {
    "\(number(count)) \(count == 1 ? one : many)"
  }

  /// `713 bytes`, `1.2 KiB`, `3.0 MiB`
  static func size(_ bytes: Int) -> String {
    guard bytes >= 1_024 else { return counted(bytes, "byte", "bytes") }
    var (tenths, unit) = (bytes / 1_024 * 10 + bytes % 1_024 * 10 / 1_024, "KiB")
    for next in ["MiB", "GiB", "TiB"] where tenths >= 10_240 {
      tenths /= 1_024
      unit = next
    }
    return "\(number(tenths / 10)).\(tenths % 10) \(unit)"
  }

  // MARK: Blocks

  /// Names and what they stand for.
  static func facts(_ facts: [(String, HTML)]) -> HTML {
    element(.dl, .class("facts")) {
      for (name, value) in facts {
        element(.div) {
          element(.dt) { name }
          element(.dd) { value }
        }
      }
    }
  }

  /// Instead of a table without rows: why there is nothing, and what to do.
  static func empty(@HTMLBuilder _ content: () -> HTML) -> HTML {
    element(.p, .class("empty"), content: content)
  }

  /// To the pages before and behind; nil where there is none.
  static func pager(newer: PageAddress? = nil, older: PageAddress? = nil) -> HTML {
    guard newer != nil || older != nil else { return .empty }
    return element(.nav, .class("pager"), .label("Pages of the list")) {
      if let newer { link("Newer", newer) }
      if let older { link("Older", older) }
    }
  }
}
