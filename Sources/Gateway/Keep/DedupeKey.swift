internal import Formats

/// What a delivery and its repetition have in common. Parts are told apart by their lengths: without them `ab`, `c`
/// would be `a`, `bc`.
public struct DedupeKey: Sendable, Hashable {
  /// 32 bytes.
  public let bytes: [UInt8]

  /// The key of a delivery that has been verified; nil where the rule is none, or where its part is missing: a missing
  /// id, taken for an empty one, would make all such deliveries one.
  ///
  /// - Parameters:
  ///   - id, timestamp, header: the bytes as they came.
  ///   - scope: the route that the key belongs to.
  public init?(
    _ rule: DedupeRule, scope: String, id: [UInt8]?, timestamp: [UInt8]?, header: [UInt8]?, body: BodyDigest
  ) {
    var parts = [Array(scope.utf8)]
    switch rule {
    case .none: return nil
    case .id:
      guard let id, !id.isEmpty else { return nil }
      parts += [Array("id".utf8), id]
    case .body: parts += [Array("body".utf8), body.bytes]
    case .exact:
      guard let timestamp, !timestamp.isEmpty else { return nil }
      parts += [Array("exact".utf8), timestamp, body.bytes]
    case .header(let name):
      guard let header, !header.isEmpty else { return nil }
      parts += [Array("header".utf8), Array(name.utf8), header]
    }
    bytes = LabelledHash.of(parts, label: "vesigate dedupe key")
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// Of a delivery with a known key and another body: it is one of its own, and its repetition is known by both.
  public func joined(with body: BodyDigest) -> DedupeKey {
    DedupeKey(bytes: LabelledHash.of([bytes, body.bytes], label: "vesigate dedupe key and body"))
  }
}
