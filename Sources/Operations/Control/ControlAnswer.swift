internal import Formats

/// What commands can ask of the daemon.
public enum ControlRequest: String, Sendable, CaseIterable {
  /// How things stand.
  case status
  /// All that is known, as a `StatusReport`: another answer than the others' by its form.
  case report
  /// What SIGHUP does, with its verdict.
  case reload
  /// Looks at all secret files now, and answers when nothing in flight can be judged by older secrets.
  case wait
}

/// What the daemon says: one line of JSON. It holds fingerprints, never a secret.
public struct ControlAnswer: Sendable {
  public struct File: Sendable {
    public var path: String
    public var fingerprints: [String]
    /// Replaced secrets, and until when each is accepted, Unix milliseconds.
    public var previous: [(fingerprint: String, until: Int64)]
    public var journal: Journal?
    /// When the file was read last, Unix milliseconds.
    public var readAt: Int64
    public var held: Int
    public var heldTotal: Int
    public var rejudged: Int
    public var overflowed: Int
    public var deferred: Int
    public var revoked: Int
    /// The same when the last rotation was announced; nil where none has been.
    public var atAnnouncement: Totals?

    public struct Totals: Sendable {
      public var held: Int
      public var rejudged: Int
      public var deferred: Int
      public var revoked: Int

      public init(held: Int, rejudged: Int, deferred: Int, revoked: Int) {
        self.held = held
        self.rejudged = rejudged
        self.deferred = deferred
        self.revoked = revoked
      }
    }

    public init(
      path: String, fingerprints: [String], previous: [(fingerprint: String, until: Int64)],
      journal: Journal?, readAt: Int64, held: Int, heldTotal: Int, rejudged: Int, overflowed: Int,
      deferred: Int, revoked: Int, atAnnouncement: Totals? = nil
    ) {
      self.path = path
      self.fingerprints = fingerprints
      self.previous = previous
      self.journal = journal
      self.readAt = readAt
      self.held = held
      self.heldTotal = heldTotal
      self.rejudged = rejudged
      self.overflowed = overflowed
      self.deferred = deferred
      self.revoked = revoked
      self.atAnnouncement = atAnnouncement
    }
  }

  /// A rotation under way.
  public struct Journal: Sendable {
    public var began: Int64
    public var mode: String
    public var compromised: Bool

    public init(began: Int64, mode: String, compromised: Bool) {
      self.began = began
      self.mode = mode
      self.compromised = compromised
    }
  }

  public var ok: Bool
  public var generation: Int
  public var pid: Int32
  public var message: String
  public var files: [File]
  /// What a reload that was taken brought and should not stay so, as sentences.
  public var warnings: [String] = []
  /// Where it is asked for, it alone is the answer.
  public var report: StatusReport?

  public init(ok: Bool, generation: Int, pid: Int32, message: String, files: [File]) {
    self.ok = ok
    self.generation = generation
    self.pid = pid
    self.message = message
    self.files = files
  }

  /// The answer as it goes over the socket, with its line end.
  public var line: String {
    if let report { return report.line }
    let files = files.map(\.json).joined(separator: ",")
    let warnings =
      warnings.isEmpty ? "" : ",\"warnings\":[\(warnings.map(JSONText.string).joined(separator: ","))]"
    return "{\"ok\":\(ok),\"generation\":\(generation),\"pid\":\(pid),"
      + "\"message\":\(JSONText.string(message)),\"files\":[\(files)]\(warnings)}\n"
  }
}

extension ControlAnswer.File {
  fileprivate var json: String {
    let prints = fingerprints.map(JSONText.string).joined(separator: ",")
    let before = previous.map { "{\"fingerprint\":\(JSONText.string($0.fingerprint)),\"until\":\($0.until)}" }
    let journal = journal.map { journal in
      "{\"began\":\(journal.began),\"mode\":\(JSONText.string(journal.mode)),"
        + "\"compromised\":\(journal.compromised)}"
    }
    let announced = atAnnouncement.map { totals in
      "{\"heldTotal\":\(totals.held),\"rejudged\":\(totals.rejudged),"
        + "\"deferred\":\(totals.deferred),\"revoked\":\(totals.revoked)}"
    }
    return "{\"path\":\(JSONText.string(path)),\"fingerprints\":[\(prints)],"
      + "\"previous\":[\(before.joined(separator: ","))],\"journal\":\(journal ?? "null"),"
      + "\"readAt\":\(readAt),\"held\":\(held),\"heldTotal\":\(heldTotal),"
      + "\"rejudged\":\(rejudged),\"overflowed\":\(overflowed),\"deferred\":\(deferred),"
      + "\"revoked\":\(revoked),\"atAnnouncement\":\(announced ?? "null")}"
  }
}
