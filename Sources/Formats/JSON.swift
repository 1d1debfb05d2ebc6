/// A JSON text as positions in its bytes (RFC 8259): numbers keep their spelling, and a secret is decoded once, to
/// where the caller wants it.
public indirect enum JSON: Sendable {
  case object([(key: String, value: JSON)])
  case array([JSON])
  /// Between the quotation marks, escapes and all.
  case string(Range<Int>)
  case number(Range<Int>)
  case bool(Bool)
  case null

  public static let bytesMax = 4 * 1_048_576
  /// Objects and lists around a value.
  public static let depthMax = 32

  /// Reads a whole text, strictly: valid UTF-8, no half of a surrogate pair, no key twice, nothing before or behind the
  /// value but white space, at most `bytesMax` bytes and `depthMax` levels. Nil when it is anything else.
  public static func read(_ bytes: [UInt8]) -> JSON? {
    guard bytes.count <= bytesMax else { return nil }
    return bytes.withUnsafeBytes { bytes in
      var scanner = JSONScanner(bytes)
      return scanner.wholeText()
    }
  }

  /// The value of a key; nil when there is none, or when this is no object.
  public subscript(_ key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
  }

  public var elements: [JSON] { if case .array(let elements) = self { elements } else { [] } }

  public var isObject: Bool { if case .object = self { true } else { false } }

  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

  /// A whole number; nil for fractions, exponents and what 64 bits do not hold.
  public func integer(in bytes: [UInt8]) -> Int64? {
    guard case .number(let range) = self else { return nil }
    return Int64(String(decoding: bytes[range], as: UTF8.self))
  }

  public func text(in bytes: [UInt8]) -> String? {
    decoded(in: bytes).map { String(decoding: $0, as: UTF8.self) }
  }

  /// A string's value as UTF-8, in an array that was made large enough at once: wiping it leaves no copy.
  public func decoded(in bytes: [UInt8]) -> [UInt8]? {
    guard case .string(let range) = self else { return nil }
    var value: [UInt8] = []
    value.reserveCapacity(range.count)
    bytes.withUnsafeBytes { bytes in
      var scanner = JSONScanner(UnsafeRawBufferPointer(rebasing: bytes[range]))
      while scanner.character({ value.append($0) }) {}
    }
    return value
  }
}
