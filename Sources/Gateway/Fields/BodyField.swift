internal import Formats

/// What a verified body says in one member: a text, a number as it is spelled, or `true` or `false`.
public struct BodyField: Sendable, Equatable {
  public static let valueBytesMax = 128
  /// A longer body is not read.
  public static let bodyBytesMax = 65_536

  public let name: String
  /// At most `valueBytesMax` bytes of it, `...` behind them where there were more. They are the sender's: escape them.
  public let value: String
  /// Whether the operator named it for the log; others are for whoever may see bodies.
  public let isLogged: Bool

  public init(name: String, value: String, isLogged: Bool) {
    self.name = name
    self.value = value
    self.isLogged = isLogged
  }

  /// Those of the members that are there and hold one value. None of what is no JSON, or says a name twice.
  static func read(
    _ body: UnsafeRawBufferPointer, _ paths: [(path: FieldPath, isLogged: Bool)]
  ) -> [BodyField] {
    guard body.count <= bodyBytesMax, let root = JSONValue(reading: Array(body)) else { return [] }
    return paths.compactMap { path, isLogged in
      var found: JSONValue? = root
      for name in path.names { found = found?[name] }
      guard let value = found.flatMap(text) else { return nil }
      return BodyField(name: path.text, value: value, isLogged: isLogged)
    }
  }

  private static func text(_ value: JSONValue) -> String? {
    switch value.json {
    case .string: value.text.map(cut)
    case .number(let range): cut(String(decoding: value.bytes[range], as: UTF8.self))
    case .bool(let value): value ? "true" : "false"
    case .null, .object, .array: nil
    }
  }

  private static func cut(_ text: String) -> String {
    guard text.utf8.count > valueBytesMax else { return text }
    var kept = String.UnicodeScalarView()
    var count = 0
    for scalar in text.unicodeScalars {
      count += UTF8.width(scalar)
      guard count <= valueBytesMax else { break }
      kept.append(scalar)
    }
    return String(kept) + "..."
  }
}
