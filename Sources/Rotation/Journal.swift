/// How far a rotation has come, as it stands beside the secret file. There is no secret in it.
public struct Journal: Sendable, Equatable {
  public enum Step: String, Sendable, CaseIterable {
    /// Nothing has been called yet.
    case announced
    /// The provider may have been called; the answer is not known to be on disk.
    case calling
    /// The answer is on disk.
    case received
    /// The new secret is the file's.
    case stored
  }

  public enum Mode: String, Sendable, CaseIterable {
    case call
    case byHand = "by-hand"
  }

  /// Unix milliseconds.
  public var began: Int64
  public var step: Step
  public var mode: Mode
  public var compromised: Bool
  /// From 1: the call that is under way, or was the last.
  public var attempt: Int
  /// The fingerprint of the secret that was current; nil when there was none.
  public var old: String?
  /// The fingerprint of the answer, once there is one.
  public var new: String?

  public init(
    began: Int64, step: Step = .announced, mode: Mode = .call, compromised: Bool = false, attempt: Int = 1,
    old: String? = nil, new: String? = nil
  ) {
    self.began = began
    self.step = step
    self.mode = mode
    self.compromised = compromised
    self.attempt = attempt
    self.old = old
    self.new = new
  }

  public var text: String {
    var lines = [
      "vesigate-journal: 1", "began: \(began)", "step: \(step.rawValue)", "mode: \(mode.rawValue)",
      "compromised: \(compromised ? "yes" : "no")", "attempt: \(attempt)",
    ]
    if let old { lines.append("old: \(old)") }
    if let new { lines.append("new: \(new)") }
    return lines.map { $0 + "\n" }.joined()
  }

  /// Reads a journal. A garbled one counts as a call whose outcome nobody knows, begun when it was written.
  ///
  /// - Parameter modified: when the file was written, in Unix milliseconds.
  public init(_ bytes: [UInt8], modified: Int64) {
    let fields = Journal.fields(String(decoding: bytes, as: UTF8.self))
    guard fields["vesigate-journal"] == "1", let began = fields["began"].flatMap({ Int64($0) }),
      let step = fields["step"].flatMap(Step.init), let mode = fields["mode"].flatMap(Mode.init)
    else {
      self.init(began: modified, step: .calling)
      return
    }
    self.init(
      began: began, step: step, mode: mode, compromised: fields["compromised"] == "yes",
      attempt: fields["attempt"].flatMap { Int($0) }.map { min(max($0, 1), 1_000_000) } ?? 1,
      old: fields["old"], new: fields["new"])
  }

  private static func fields(_ text: String) -> [String: String] {
    var fields: [String: String] = [:]
    for line in text.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      fields[String(line[..<colon])] = String(value)
    }
    return fields
  }
}
