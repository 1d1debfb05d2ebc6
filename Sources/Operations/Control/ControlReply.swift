internal import Formats

/// What the daemon answered.
public struct ControlReply {
  public struct File {
    public let path: String
    /// The current secret's first.
    public let fingerprints: [String]
    /// When the journal that the daemon sees began, Unix milliseconds; nil when it sees none.
    public let journalBegan: Int64?
    public let counts: Counts
    /// The same when the last rotation was announced; nil where the daemon knows of none.
    public let atAnnouncement: Counts?
  }

  public let ok: Bool
  public let generation: Int64
  public let pid: Int64
  public let message: String
  public let files: [File]
  /// Of a reload that was taken; an older daemon tells none.
  public let warnings: [String]

  /// Nil when the bytes are no answer of a daemon's.
  public init?(_ bytes: [UInt8]) {
    guard let json = JSON.read(bytes), let ok = json["ok"]?.bool,
      let generation = json["generation"]?.integer(in: bytes), let pid = json["pid"]?.integer(in: bytes),
      let message = json["message"]?.text(in: bytes), let files = json["files"]
    else { return nil }
    self.ok = ok
    self.generation = generation
    self.pid = pid
    self.message = message
    warnings = json["warnings"]?.elements.compactMap { $0.text(in: bytes) } ?? []
    self.files = files.elements.compactMap { File($0, bytes) }
  }

  public func file(_ path: String) -> File? { files.first { $0.path == path } }
}

extension ControlReply.File {
  fileprivate init?(_ json: JSON, _ bytes: [UInt8]) {
    guard let path = json["path"]?.text(in: bytes), let prints = json["fingerprints"] else { return nil }
    self.path = path
    fingerprints = prints.elements.compactMap { $0.text(in: bytes) }
    journalBegan = json["journal"]?["began"]?.integer(in: bytes)
    counts = ControlReply.Counts { json[$0]?.integer(in: bytes) ?? 0 }
    atAnnouncement = json["atAnnouncement"].flatMap { announced in
      announced.isObject ? ControlReply.Counts { announced[$0]?.integer(in: bytes) ?? 0 } : nil
    }
  }
}

extension ControlReply {
  /// What happened to deliveries of one secret file, since the daemon's start or in between.
  public struct Counts {
    public var held: Int64
    public var rejudged: Int64
    public var deferred: Int64
    public var revoked: Int64

    init(_ count: (String) -> Int64) {
      held = count("heldTotal")
      rejudged = count("rejudged")
      deferred = count("deferred")
      revoked = count("revoked")
    }

    public static func - (after: Counts, before: Counts) -> Counts {
      var difference = after
      difference.held = after.held.subtractingSaturated(before.held)
      difference.rejudged = after.rejudged.subtractingSaturated(before.rejudged)
      difference.deferred = after.deferred.subtractingSaturated(before.deferred)
      difference.revoked = after.revoked.subtractingSaturated(before.revoked)
      return difference
    }
  }
}
