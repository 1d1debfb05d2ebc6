internal import CCurl
public import Gateway

/// Asks upstreams for a connection, with TLS where their URL says so, as a delivery would, and sends nothing. It waits
/// for them: it is for commands, not for the daemon.
public enum UpstreamProbe {
  /// For each of them, from its name to the end of TLS.
  public static let secondsMax = 5
  static let atOnceMax = 16

  /// What came of one.
  public struct Answer: Sendable {
    public let milliseconds: Int
    /// Nil where it accepts connections.
    public let failure: ForwardFailure?
  }

  /// In the order of the upstreams.
  public static func ask(_ upstreams: [Upstream]) -> [Answer] {
    guard !upstreams.isEmpty else { return [] }
    var round = ProbeRound(upstreams)
    return round.run()
  }
}

/// Those that are asked together.
private struct ProbeRound {
  private let upstreams: [Upstream]
  private let multi: UnsafeMutableRawPointer
  private var answers: [UpstreamProbe.Answer?]
  private var running: [(index: Int, handle: ConnectHandle)] = []
  private var next = 0

  init(_ upstreams: [Upstream]) {
    guard let multi = curl_multi_init() else { fatalError("libcurl gave no multi handle") }
    self.upstreams = upstreams
    self.multi = multi
    answers = upstreams.map { _ in nil }
  }

  mutating func run() -> [UpstreamProbe.Answer] {
    defer { curl_multi_cleanup(multi) }
    while true {
      begin()
      if running.isEmpty { return answers.compactMap { $0 } }
      var count: CInt = 0
      curl_multi_perform(multi, &count)
      if !takeFinished() { curl_multi_poll(multi, nil, 0, 1_000, nil) }
    }
  }

  /// As many as there is room for.
  private mutating func begin() {
    while next < upstreams.count, running.count < UpstreamProbe.atOnceMax {
      let index = next
      next += 1
      let milliseconds = UpstreamProbe.secondsMax * 1_000
      guard let handle = ConnectHandle(upstream: upstreams[index], sessions: nil, milliseconds: milliseconds)
      else {
        let detail = "libcurl gave no handle for this upstream"
        answers[index] = UpstreamProbe.Answer(
          milliseconds: 0,
          failure: ForwardFailure(stage: .connecting, kind: .internalError, detail: detail))
        continue
      }
      running.append((index, handle))
      curl_multi_add_handle(multi, handle.raw)
    }
  }

  /// False where none has ended.
  private mutating func takeFinished() -> Bool {
    var code = CURLE_OK
    var isAny = false
    while let easy = vg_multi_next_finished(multi, &code) {
      guard let place = running.firstIndex(where: { $0.handle.raw == easy }) else { continue }
      let (index, handle) = running.remove(at: place)
      let failure =
        code == CURLE_OK
        ? nil : ConnectFailure.make(code, handle.sentence(for: code), timeout: .connectTimeout)
      answers[index] = UpstreamProbe.Answer(
        milliseconds: Int(vg_total_microseconds(easy) / 1_000), failure: failure)
      curl_multi_remove_handle(multi, easy)
      isAny = true
    }
    return isAny
  }
}
