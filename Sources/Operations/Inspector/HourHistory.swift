internal import Formats
internal import Gateway
internal import Telemetry

/// What came on each route in each of the last sixty minutes, out of counters that are looked at now and then. It is
/// bounded as they are.
struct HourHistory {
  private struct Hour {
    var totals = Totals()
    /// By the minute's number, modulo 60.
    var minutes = [Totals](repeating: Totals(), count: RouteHour.minutes)
  }

  struct Totals: Equatable {
    var verified: UInt64 = 0
    var refused: UInt64 = 0
    var failed: UInt64 = 0

    init() {}

    /// As the overview counts them: what failed was verified, too.
    init(_ counters: RouteCounters) {
      failed = counters.count(of: .failed).addingSaturated(counters.count(of: .appError))
      refused = counters.count(of: .refused)
      verified = [.forwarded, .stored, .duplicate].reduce(failed) {
        $0.addingSaturated(counters.count(of: $1))
      }
    }

    static func - (now: Totals, before: Totals) -> Totals {
      var difference = Totals()
      difference.verified = now.verified &- before.verified
      difference.refused = now.refused &- before.refused
      difference.failed = now.failed &- before.failed
      return difference
    }

    static func += (sum: inout Totals, more: Totals) {
      sum.verified = sum.verified.addingSaturated(more.verified)
      sum.refused = sum.refused.addingSaturated(more.refused)
      sum.failed = sum.failed.addingSaturated(more.failed)
    }
  }

  private var hours: [String: Hour] = [:]
  /// Minutes after 1970: of the first look, and of the last.
  private var first: Int64?
  private var last: Int64 = 0

  /// - Parameter now: Unix milliseconds. A clock that was set back a little adds to the minute that it had reached.
  mutating func add(_ counters: Counters, at now: Int64) {
    let minute = max(now / 60_000, isFarBack(now / 60_000) ? .min : last)
    if first == nil || minute < last {
      for number in 0..<Int64(RouteHour.minutes) { empty(number) }
      (first, last) = (minute, minute)
    }
    // What lies between two looks has no minute of its own.
    for number in max(last + 1, minute - Int64(RouteHour.minutes) + 1)..<minute + 1 { empty(number) }
    last = minute
    for route in counters.routes {
      let totals = Totals(route)
      guard totals != hours[route.name]?.totals ?? Totals() else { continue }
      var hour = hours[route.name] ?? Hour()
      hour.minutes[Self.place(minute)] += totals - hour.totals
      hour.totals = totals
      hours[route.name] = hour
    }
  }

  /// Then it begins anew.
  private func isFarBack(_ minute: Int64) -> Bool {
    first == nil || minute < last.subtractingSaturated(Int64(RouteHour.minutes))
  }

  private mutating func empty(_ minute: Int64) {
    for name in hours.keys { hours[name]?.minutes[Self.place(minute)] = Totals() }
  }

  private static func place(_ minute: Int64) -> Int { Int(minute.modulo(Int64(RouteHour.minutes))) }

  /// By route; none of those on which nothing has come.
  var all: [String: RouteHour] {
    guard let first else { return [:] }
    let begin = max(first, last - Int64(RouteHour.minutes) + 1)
    return hours.mapValues { hour in
      var shown = RouteHour()
      for minute in begin...last {
        let totals = hour.minutes[Self.place(minute)]
        shown.verified.append(Int(clamping: totals.verified))
        shown.refused.append(Int(clamping: totals.refused))
        shown.failed.append(Int(clamping: totals.failed))
      }
      return shown
    }
  }
}

extension Int64 {
  /// Never below zero, also of what lies before 1970.
  fileprivate func modulo(_ divisor: Int64) -> Int64 {
    let rest = self % divisor
    return rest < 0 ? rest + divisor : rest
  }
}
