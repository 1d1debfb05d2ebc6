internal import Formats
internal import Glibc
public import Signing

/// The secrets that were current before, as `NAME.previous` holds them, newest first.
public struct PreviousSecrets: Sendable {
  public struct Entry: Sendable {
    /// Only deliveries signed before this are accepted; the clock skew is in it. Unix milliseconds.
    public let signedBefore: Int64
    /// When it stops being accepted; Unix milliseconds.
    public let until: Int64
    public let secret: Secret

    public init(signedBefore: Int64, until: Int64, secret: Secret) {
      self.signedBefore = signedBefore
      self.until = until
      self.secret = secret
    }
  }

  /// Of more than these the newest count.
  public static let entriesMax = 3
  /// A larger file is refused, and none is written.
  public static let bytesMax = 65_536

  public private(set) var entries: [Entry]

  public init(_ entries: [Entry] = []) { self.entries = entries }

  /// Reads `signed-before until SECRET` lines, both in Unix milliseconds; nil when one is something else. Of more
  /// than `entriesMax` the newest count.
  public init?(reading bytes: [UInt8]) {
    var entries: [Entry] = []
    for line in bytes.split(separator: UInt8(ascii: "\n")) where entries.count < Self.entriesMax {
      let line = SecretFile.withoutReturn(line)
      guard !line.isEmpty else { continue }
      guard let entry = PreviousSecrets.entry(line) else { return nil }
      entries.append(entry)
    }
    self.entries = entries
  }

  private static func entry(_ line: ArraySlice<UInt8>) -> Entry? {
    let parts = line.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[2].isEmpty, let signedBefore = milliseconds(parts[0]),
      let until = milliseconds(parts[1]), let secret = SecretFile.writtenSecret(ofLine: parts[2])
    else { return nil }
    return Entry(signedBefore: signedBefore, until: until, secret: secret)
  }

  private static func milliseconds(_ digits: ArraySlice<UInt8>) -> Int64? {
    Int64(String(decoding: digits, as: UTF8.self))
  }

  /// Those beside a secret file; none where there is no such file.
  ///
  /// - Throws: why none of them is accepted. Its cause is `.content` where the file is of another form,
  ///   `.surroundings` where others could have written or read it.
  static func read(_ file: CompanionFile) throws(FileProblem) -> PreviousSecrets {
    guard let open = try file.open() else { return PreviousSecrets() }
    var bytes = try open.read(bytesMax: bytesMax)
    defer { wipe(&bytes) }
    guard let previous = PreviousSecrets(reading: bytes) else {
      throw FileProblem(kind: .configuration, sentence: "is not of the form that vesigate writes")
    }
    return previous
  }

  /// Puts secrets that have just gone out of use before the others. What has expired, what stands twice,
  /// what is current again and what is more than `entriesMax` is dropped.
  public func adding(_ retired: [Entry], current: Secret?, now: Int64) -> PreviousSecrets {
    var kept: [Entry] = []
    for entry in retired + entries where entry.until > now && kept.count < Self.entriesMax {
      let isKnown = kept.contains { $0.secret.isSame(as: entry.secret) }
      let isCurrent = current.map { $0.isSame(as: entry.secret) } ?? false
      if !isKnown, !isCurrent { kept.append(entry) }
    }
    return PreviousSecrets(kept)
  }

  public func removing(fingerprint: String) -> PreviousSecrets {
    PreviousSecrets(entries.filter { $0.secret.fingerprint != fingerprint })
  }

  /// The newest, as many as a file can hold.
  var fitting: PreviousSecrets {
    var room = Self.bytesMax
    return PreviousSecrets(
      Array(
        entries.prefix {
          room -= $0.room
          return room >= 0
        }))
  }

  /// The file's bytes; the caller wipes them.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(entries.reduce(0) { $0 + $1.room })
    for entry in entries {
      bytes += "\(entry.signedBefore) \(entry.until) ".utf8
      SecretFile.append(entry.secret, to: &bytes)
    }
    return bytes
  }
}

extension PreviousSecrets.Entry {
  /// So much does its line take at most.
  fileprivate var room: Int { SecretFile.room(for: secret) + 64 }
}

/// For how long a secret that is out of use is accepted.
public struct PreviousPolicy: Sendable, Equatable {
  /// False where the timestamp is not under the MAC: nobody could tell when a delivery was signed.
  public var isTimestampSigned: Bool
  /// For so long at most.
  public var acceptedSeconds: Int
  /// How old a delivery may be; nil for any age.
  public var toleranceSeconds: Int?
  /// How far the sender's clock may be from ours.
  public var clockSkewSeconds: Int

  public init(
    isTimestampSigned: Bool, acceptedSeconds: Int, toleranceSeconds: Int?, clockSkewSeconds: Int
  ) {
    self.isTimestampSigned = isTimestampSigned
    self.acceptedSeconds = acceptedSeconds
    self.toleranceSeconds = toleranceSeconds
    self.clockSkewSeconds = clockSkewSeconds
  }

  /// - Parameters: `received` is when the answer was there, `now` when it is stored; Unix milliseconds.
  public func entry(_ secret: Secret, received: Int64, now: Int64) -> PreviousSecrets.Entry {
    let fresh = toleranceSeconds.map { $0 + clockSkewSeconds } ?? acceptedSeconds
    let seconds = max(min(acceptedSeconds, fresh), 0)
    return PreviousSecrets.Entry(
      signedBefore: UnixTime.nearest(received) + Int64(clockSkewSeconds) * 1000,
      until: UnixTime.nearest(now) + Int64(seconds) * 1000, secret: secret)
  }
}
