internal import Formats
internal import Synchronization

/// Who may look over TCP, where no kernel says who asks: whoever was given a one-time link by the control socket, and
/// then the browser that spent it. All of it lives in memory and ends with the process.
///
/// Time is an argument: seconds of a clock that is never set.
final class InspectorLogin: Sendable {
  /// For a link to be opened.
  static let linkSecondsMax: Int64 = 900
  /// Links that are not spent; the oldest gives way.
  static let linksMax = 8
  /// For a browser, from its login on. It is no longer for who is active: a cookie that was copied would live on.
  static let sessionSecondsMax: Int64 = 3_600
  /// Browsers at once; the oldest gives way.
  static let sessionsMax = 16

  private struct State {
    var links: [Pass] = []
    var sessions: [Pass] = []
  }

  private struct Pass {
    let token: InspectorToken
    let until: Int64
  }

  private let state = Mutex(State())

  /// Makes a link's token.
  func makeLink(at now: Int64) -> String {
    let token = InspectorToken()
    state.withLock {
      Self.add(Pass(token: token, until: now + Self.linkSecondsMax), to: &$0.links, max: Self.linksMax, now)
    }
    return token.text
  }

  /// Whether it could be spent. Asking does not spend it: what looks at links in messages before people do shall not.
  func isLink(_ text: String, at now: Int64) -> Bool {
    guard let token = InspectorToken(text) else { return false }
    return state.withLock { Self.index(of: token, in: $0.links, now) != nil }
  }

  /// Spends a link.
  ///
  /// - Returns: the session's token; nil where there is no such link, or no longer.
  func begin(link text: String, at now: Int64) -> String? {
    guard let token = InspectorToken(text) else { return nil }
    return state.withLock { state in
      guard let index = Self.index(of: token, in: state.links, now) else { return nil }
      state.links.remove(at: index)
      let session = InspectorToken()
      Self.add(
        Pass(token: session, until: now + Self.sessionSecondsMax), to: &state.sessions,
        max: Self.sessionsMax, now)
      return session.text
    }
  }

  func isSession(_ text: String, at now: Int64) -> Bool {
    guard let token = InspectorToken(text) else { return false }
    return state.withLock { Self.index(of: token, in: $0.sessions, now) != nil }
  }

  private static func add(_ pass: Pass, to passes: inout [Pass], max: Int, _ now: Int64) {
    passes.removeAll { $0.until <= now }
    if passes.count >= max { passes.removeFirst(passes.count - max + 1) }
    passes.append(pass)
  }

  /// Looks at all of them, whichever it is.
  private static func index(of token: InspectorToken, in passes: [Pass], _ now: Int64) -> Int? {
    var found: Int?
    for (index, pass) in passes.enumerated() {
      let isSame = pass.token.isSame(as: token)
      if isSame, pass.until > now { found = index }
    }
    return found
  }
}

/// 128 random bits; nobody guesses them.
struct InspectorToken: Sendable {
  static let digits = 32

  private let high: UInt64
  private let low: UInt64

  /// Of the kernel's random numbers.
  init() {
    var generator = SystemRandomNumberGenerator()
    (high, low) = (generator.next(), generator.next())
  }

  /// Nil for what is none.
  init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == Self.digits else { return nil }
    var halves: [UInt64] = [0, 0]
    for (index, byte) in bytes.enumerated() {
      guard let value = Hex.value(of: byte) else { return nil }
      halves[index / 16] = halves[index / 16] << 4 | UInt64(value)
    }
    (high, low) = (halves[0], halves[1])
  }

  var text: String { Hex.encode(high) + Hex.encode(low) }

  /// Takes the same time whatever they have in common.
  func isSame(as other: InspectorToken) -> Bool { (high ^ other.high) | (low ^ other.low) == 0 }
}
