public import Signing

/// The secrets of one file as they were read: which of them live is the file's word alone.
public final class SecretSet: Sendable {
  /// The file's path, for people and for looking again.
  public let path: String
  /// The lines as they stand in the file; the first is the current secret.
  public let lines: [Secret]
  /// The HMAC keys that the lines decode to, in the same order.
  public let keys: [Secret]
  /// Counts up each time the content changed.
  public let generation: Int

  public init(path: String, lines: [Secret], keys: [Secret], generation: Int = 1) {
    precondition(lines.count == keys.count && !keys.isEmpty)
    self.path = path
    self.lines = lines
    self.keys = keys
    self.generation = generation
  }

  public var fingerprints: [String] { lines.map(\.fingerprint) }

  /// Whether both hold the same secrets in the same order.
  public func holdsSame(as other: SecretSet) -> Bool {
    lines.count == other.lines.count && zip(lines, other.lines).allSatisfy { $0.isSame(as: $1) }
  }
}
