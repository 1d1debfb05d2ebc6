internal import Formats

/// The secrets of one file as they were read: which of them live is the file's word alone.
public final class SecretSet: Sendable {
  /// The file's path, for people and for looking again.
  public let path: String
  /// The lines as they stand in the file; the first is the current secret.
  public let lines: [Secret]
  /// The HMAC keys that the lines decode to, in the same order.
  public let keys: [Secret]
  /// Secrets that a rotation replaced, accepted for what was signed before it.
  public let previous: [PreviousSecret]
  /// The rotation that is under way, if one is.
  public let rotation: RotationNotice?
  /// Counts up each time the content changed.
  public let generation: Int

  public init(
    path: String, lines: [Secret], keys: [Secret], previous: [PreviousSecret] = [],
    rotation: RotationNotice? = nil, generation: Int = 1
  ) {
    precondition(lines.count == keys.count && !keys.isEmpty)
    self.path = path
    self.lines = lines
    self.keys = keys
    self.previous = previous
    self.rotation = rotation
    self.generation = generation
  }

  public var fingerprints: [String] { lines.map(\.fingerprint) }

  /// Whether both hold the same secrets in the same order, and know of the same rotation.
  public func holdsSame(as other: SecretSet) -> Bool {
    acceptsSame(as: other) && rotation == other.rotation
  }

  /// Whether both accept the same secrets, a rotation under way or not.
  public func acceptsSame(as other: SecretSet) -> Bool {
    lines.count == other.lines.count && zip(lines, other.lines).allSatisfy { $0.isSame(as: $1) }
      && previous.count == other.previous.count
      && zip(previous, other.previous).allSatisfy { $0.isSame(as: $1) }
  }
}

/// A secret that was replaced: deliveries signed before may be in flight still.
public struct PreviousSecret: Sendable {
  public let line: Secret
  public let key: Secret
  /// Accepted for deliveries signed no later than this, Unix milliseconds; the clocks' skew is in it.
  public let signedBeforeUnixMilliseconds: Int64
  /// And only until this instant, Unix milliseconds.
  public let untilUnixMilliseconds: Int64

  public init(
    line: Secret, key: Secret, signedBeforeUnixMilliseconds: Int64, untilUnixMilliseconds: Int64
  ) {
    self.line = line
    self.key = key
    self.signedBeforeUnixMilliseconds = signedBeforeUnixMilliseconds
    self.untilUnixMilliseconds = untilUnixMilliseconds
  }

  func accepts(signedAt: Int64?, arrival: Moment) -> Bool {
    guard let signedAt else { return false }
    return signedAt <= signedBeforeUnixMilliseconds && arrival.unixMilliseconds < untilUnixMilliseconds
  }

  func isSame(as other: PreviousSecret) -> Bool {
    line.isSame(as: other.line) && signedBeforeUnixMilliseconds == other.signedBeforeUnixMilliseconds
      && untilUnixMilliseconds == other.untilUnixMilliseconds
  }
}

/// That a rotation is under way: the provider may have replaced the secret already, and the new one is not
/// known yet.
public struct RotationNotice: Sendable, Equatable {
  public enum Mode: String, Sendable {
    /// `rotate` calls the provider: the answer comes within seconds.
    case call
    /// A person presses the provider's button: it may take minutes.
    case byHand = "by-hand"
  }

  public let beganUnixMilliseconds: Int64
  public let mode: Mode
  /// Whether what only the old secrets verify is refused once the new one is stored.
  public let isCompromised: Bool

  public init(beganUnixMilliseconds: Int64, mode: Mode, isCompromised: Bool) {
    self.beganUnixMilliseconds = beganUnixMilliseconds
    self.mode = mode
    self.isCompromised = isCompromised
  }

  /// Deliveries are held in a rotation's first seconds only; afterwards they get 503 at once.
  public static let holdingSecondsMax = 30

  /// So much may another host's clock be ahead that writes the journal.
  private static let aheadMillisecondsMax: Int64 = 60_000

  /// Whether it has been under way for longer than deliveries can be held. A beginning that lies ahead is none that
  /// a clock showed: it counts as one that is long past, else it would hold for ever.
  public func isUnfinished(at unixMilliseconds: Int64) -> Bool {
    if beganUnixMilliseconds > unixMilliseconds &+ Self.aheadMillisecondsMax { return true }
    return unixMilliseconds &- Int64(Self.holdingSecondsMax) * 1000 > beganUnixMilliseconds
  }

  /// Until when deliveries are held, Unix milliseconds; nil when they are not.
  public var holdingEnd: Int64? {
    // An instant at the end of all time wraps around, and nothing is held.
    mode == .call ? beganUnixMilliseconds &+ Int64(Self.holdingSecondsMax) * 1000 : nil
  }
}
