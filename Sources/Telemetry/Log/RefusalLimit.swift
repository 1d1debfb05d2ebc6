internal import Synchronization

/// Keeps a flood of refusals from filling the log: of each route's refusals for each reason so many a minute
/// get a line, the others are counted. What was verified is never left out.
final class RefusalLimit: Sendable {
  /// One kind of refusals. Routes and reasons come from the configuration and the source, never from a
  /// sender, so there are not many.
  struct Kind: Hashable {
    var route: String?
    var reason: String?
  }

  private struct Window {
    let start: Int64
    var lines = 0
    var leftOut = 0

    /// A clock that was set back ends a window, too.
    func contains(_ now: Int64) -> Bool { now >= start && now - start < windowMilliseconds }
  }

  static let windowMilliseconds: Int64 = 60_000

  private let linesMax: Int
  private let windows = Mutex<[Kind: Window]>([:])
  private let leftOut = Atomic<Int>(0)

  init(linesMax: Int) { self.linesMax = linesMax }

  /// How many got no line since the start.
  var leftOutTotal: Int { leftOut.load(ordering: .relaxed) }

  /// Whether this one gets a line; when not, it is counted.
  func admits(_ kind: Kind, unixMilliseconds now: Int64) -> Bool {
    windows.withLock { windows in
      var window = windows[kind] ?? Window(start: now)
      if !window.contains(now) {
        let leftOut = window.leftOut
        window = Window(start: now, leftOut: leftOut)
      }
      let isAdmitted = window.lines < linesMax
      if isAdmitted {
        window.lines += 1
      } else {
        window.leftOut += 1
        leftOut.add(1, ordering: .relaxed)
      }
      windows[kind] = window
      return isAdmitted
    }
  }

  /// What was left out in windows that are over, or in all of them; it is told once.
  func takeLeftOut(unixMilliseconds now: Int64, all: Bool) -> [(kind: Kind, count: Int)] {
    windows.withLock { windows in
      let over = windows.filter { all || !$0.value.contains(now) }
      for kind in over.keys { windows[kind] = nil }
      return over.filter { $0.value.leftOut > 0 }.map { ($0.key, $0.value.leftOut) }
        .sorted { ($0.0.route ?? "", $0.0.reason ?? "") < ($1.0.route ?? "", $1.0.reason ?? "") }
    }
  }
}
