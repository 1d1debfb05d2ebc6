/// A value of a JSON text, and the bytes in which it stands.
public struct JSONValue: Sendable {
  public let json: JSON
  public let bytes: [UInt8]

  init(_ json: JSON, in bytes: [UInt8]) {
    self.json = json
    self.bytes = bytes
  }

  /// Nil where the bytes are no JSON, as `JSON.read` has it.
  public init?(reading bytes: [UInt8]) {
    guard let json = JSON.read(bytes) else { return nil }
    self.init(json, in: bytes)
  }

  public subscript(_ key: String) -> JSONValue? { json[key].map { JSONValue($0, in: bytes) } }

  public var isNull: Bool { if case .null = json { true } else { false } }
  public var bool: Bool? { json.bool }
  /// Nil for fractions, exponents and what 64 bits do not hold.
  public var integer: Int64? { json.integer(in: bytes) }
  public var text: String? { json.text(in: bytes) }

  /// Nil when this is no list.
  public var elements: [JSONValue]? {
    guard case .array(let elements) = json else { return nil }
    return elements.map { JSONValue($0, in: bytes) }
  }

  /// In their order; nil when this is no object.
  public var members: [(key: String, value: JSONValue)]? {
    guard case .object(let members) = json else { return nil }
    return members.map { ($0.key, JSONValue($0.value, in: bytes)) }
  }

  public var isObject: Bool { json.isObject }
}
