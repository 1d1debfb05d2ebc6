internal import Formats
internal import Glibc

/// How far a rotation has come, as it stands beside the secret file. There is no secret in it.
public struct Journal: Sendable, Equatable {
  /// How far it has come.
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

  /// Who has the provider make the new secret.
  public enum Mode: String, Sendable, CaseIterable {
    /// `rotate` calls its API.
    case call
    /// A person presses its button.
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

  /// As it stands in the file.
  public var text: String {
    var lines = [
      "vesigate-journal: 1", "began: \(began)", "step: \(step.rawValue)", "mode: \(mode.rawValue)",
      "compromised: \(compromised ? "yes" : "no")", "attempt: \(attempt)",
    ]
    if let old { lines.append("old: \(old)") }
    if let new { lines.append("new: \(new)") }
    return lines.map { $0 + "\n" }.joined()
  }

  /// More than that is no journal of ours.
  static let bytesMax = 4_096
  /// What a clock may have shown when it was written, a wrong one too: whatever else a journal says is no time.
  static let instants = UnixTime.milliseconds

  /// Reads a journal. One that stands must never be overlooked: a garbled one counts as a call whose outcome
  /// nobody knows, and says what it does say; where that is no beginning, it began when it was written.
  ///
  /// - Parameters:
  ///   - bytes: nil where the file cannot be read at all.
  ///   - modified: when the file was written, in Unix milliseconds.
  public init(_ bytes: [UInt8]?, modified: Int64) {
    let fields = Journal.fields(String(decoding: bytes ?? [], as: UTF8.self))
    let began = fields["began"].flatMap { Int64($0) }.flatMap { Journal.instants.contains($0) ? $0 : nil }
    let mode = fields["mode"].flatMap(Mode.init)
    let isWhole = fields["vesigate-journal"] == "1" && began != nil && mode != nil
    self.init(
      began: began ?? modified, step: (isWhole ? fields["step"].flatMap(Step.init) : nil) ?? .calling,
      mode: mode ?? .call, compromised: fields["compromised"] == "yes",
      attempt: fields["attempt"].flatMap { Int($0) }.map { min(max($0, 1), 1_000_000) } ?? 1,
      old: fields["old"], new: fields["new"])
  }

  /// What stands beside a secret file.
  public enum Found: Sendable {
    case none
    case read(Journal)
    /// What stands in its place can be none: it counts as a garbled one.
    case foreign(Journal)
    /// It stands, and for now cannot be read: nobody knows what it says.
    case unread(Journal, FileProblem)

    var journal: Journal? {
      switch self {
      case .none: nil
      case .read(let journal), .foreign(let journal), .unread(let journal, _): journal
      }
    }

    var isUnread: Bool { if case .unread = self { true } else { false } }
  }

  /// The one that stands beside a secret file; none where a stranger wrote it.
  public static func beside(_ path: String) -> Found { found(CompanionFile(.journal, beside: path)) }

  static func found(_ file: CompanionFile) -> Found {
    guard let status = file.status else { return .none }
    let modified = FileIdentity(status).modifiedUnixMilliseconds
    do throws(FileProblem) {
      guard let open = try file.open() else { return .none }
      return .read(Journal(try open.read(bytesMax: bytesMax), modified: modified))
    } catch {
      let garbled = Journal(nil, modified: modified)
      return switch error.cause {
      case .surroundings: .none
      case .content: .foreign(garbled)
      case .access: .unread(garbled, error)
      }
    }
  }

  private static func fields(_ text: String) -> [String: String] {
    var fields: [String: String] = [:]
    for line in text.split(whereSeparator: { $0 == "\n" || $0 == "\r\n" }) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      fields[String(line[..<colon])] = String(value)
    }
    return fields
  }
}
