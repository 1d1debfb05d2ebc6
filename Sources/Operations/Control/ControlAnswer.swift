public import Formats

/// What the daemon answers to commands: one line of JSON. It holds fingerprints, never a secret.
public struct ControlAnswer: JSONCodedObject, Equatable {
  public var ok = false
  /// Of the settings and secrets in force: it counts up with each change.
  public var generation = 0
  public var pid = 0
  public var message = ""
  public var files: [File] = []
  /// What a reload that was taken brought and should not stay so, as sentences.
  public var warnings: [String] = []

  public init() {}

  public init(ok: Bool, generation: Int, pid: Int, message: String, files: [File]) {
    self.ok = ok
    self.generation = generation
    self.pid = pid
    self.message = message
    self.files = files
  }

  public static let fields: [JSONField<ControlAnswer>] = [
    .required("ok", \.ok), .required("generation", \.generation), .required("pid", \.pid),
    .required("message", \.message), .required("files", \.files), .unlessEmpty("warnings", \.warnings),
  ]

  public func file(_ path: String) -> File? { files.first { $0.path == path } }
}

extension ControlAnswer {
  /// A secret file by which the daemon judges.
  public struct File: JSONCodedObject, Equatable {
    public var path = ""
    /// The current secret's first.
    public var fingerprints: [String] = []
    public var previous: [ReplacedSecret] = []
    /// Nil where the daemon sees none.
    public var journal: Journal?
    /// When the file was read last, Unix milliseconds.
    public var readAt: Int64 = 0
    /// Deliveries that wait for the file now.
    public var held = 0
    public var totals = Totals()
    /// Answered 503 because a bound of holding was reached or its time was up, since the start.
    public var overflowed = 0
    /// The totals when the last rotation was announced; nil where none has been.
    public var atAnnouncement: Totals?

    public init() {}

    public static let fields: [JSONField<File>] = [
      .required("path", \.path), .required("fingerprints", \.fingerprints), .init("previous", \.previous),
      .init("journal", \.journal), .init("readAt", \.readAt), .init("held", \.held),
      .init("heldTotal", \.totals.held), .init("rejudged", \.totals.rejudged),
      .init("overflowed", \.overflowed), .init("deferred", \.totals.deferred),
      .init("revoked", \.totals.revoked), .init("atAnnouncement", \.atAnnouncement),
    ]
  }

  /// A rotation under way.
  public struct Journal: JSONCodedObject, Equatable {
    /// Unix milliseconds.
    public var began: Int64 = 0
    /// `call` or `by-hand`.
    public var mode = ""
    public var compromised = false

    public init() {}

    public init(began: Int64, mode: String, compromised: Bool) {
      self.began = began
      self.mode = mode
      self.compromised = compromised
    }

    public static let fields: [JSONField<Journal>] = [
      .required("began", \.began), .init("mode", \.mode), .init("compromised", \.compromised),
    ]
  }

  /// How many deliveries of one secret file met with what, since the daemon's start or in between; as `HoldCounts`
  /// has them.
  public struct Totals: JSONCodedObject, Equatable {
    public var held = 0
    public var rejudged = 0
    public var deferred = 0
    public var revoked = 0

    public init() {}

    public init(held: Int, rejudged: Int, deferred: Int, revoked: Int) {
      self.held = held
      self.rejudged = rejudged
      self.deferred = deferred
      self.revoked = revoked
    }

    public static let fields: [JSONField<Totals>] = [
      .init("heldTotal", \.held), .init("rejudged", \.rejudged), .init("deferred", \.deferred),
      .init("revoked", \.revoked),
    ]

    public static func - (after: Totals, before: Totals) -> Totals {
      Totals(
        held: after.held.subtractingSaturated(before.held),
        rejudged: after.rejudged.subtractingSaturated(before.rejudged),
        deferred: after.deferred.subtractingSaturated(before.deferred),
        revoked: after.revoked.subtractingSaturated(before.revoked))
    }
  }
}
