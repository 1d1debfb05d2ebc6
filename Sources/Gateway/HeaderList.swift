/// Header fields in the order and spelling they came in, repeated ones included.
///
/// All names and values stand in one byte array: a list of any length costs two allocations, and a value
/// that is not UTF-8 stays what it was.
public struct HeaderList: Sendable {
  /// Where one field's name and value stand in the list's bytes.
  struct Field: Sendable {
    var nameStart: Int32
    var nameCount: Int32
    var valueStart: Int32
    var valueCount: Int32
  }

  private(set) var bytes: [UInt8] = []
  private(set) var fields: [Field] = []

  public init() {}

  public init(bytesExpected: Int, fieldsExpected: Int) {
    bytes.reserveCapacity(bytesExpected)
    fields.reserveCapacity(fieldsExpected)
  }

  public var count: Int { fields.count }
  public var isEmpty: Bool { fields.isEmpty }

  /// Forgets all fields and keeps the memory.
  public mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    fields.removeAll(keepingCapacity: true)
  }

  /// Appends a field. The caller has validated both: no CR, LF or NUL may stand in them.
  public mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    let start = Int32(bytes.count)
    bytes.append(contentsOf: name)
    bytes.append(contentsOf: value)
    fields.append(
      Field(
        nameStart: start, nameCount: Int32(name.count),
        valueStart: start + Int32(name.count), valueCount: Int32(value.count)))
  }

  public mutating func append(name: StaticString, value: UnsafeRawBufferPointer) {
    append(name: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), value: value)
  }

  public mutating func append(name: StaticString, value: String) {
    var value = value
    value.withUTF8 { append(name: name, value: UnsafeRawBufferPointer($0)) }
  }

  public mutating func append(name: String, value: String) {
    var name = name
    var value = value
    name.withUTF8 { name in
      value.withUTF8 { append(name: UnsafeRawBufferPointer(name), value: UnsafeRawBufferPointer($0)) }
    }
  }

  /// Appends the field at `index` of another list as it stands there.
  public mutating func append(_ index: Int, of other: HeaderList) {
    let field = other.fields[index]
    let start = Int32(bytes.count)
    // Name and value stand side by side in every list.
    other.bytes.withUnsafeBytes { all in
      let end = Int(field.valueStart + field.valueCount)
      bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: all[Int(field.nameStart)..<end]))
    }
    fields.append(
      Field(
        nameStart: start, nameCount: field.nameCount, valueStart: start + field.nameCount,
        valueCount: field.valueCount))
  }

  /// Lends name and value of the field at `index`.
  @inline(__always)
  public func withField<Result>(
    _ index: Int, _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    let field = fields[index]
    return try bytes.withUnsafeBytes { all in
      try body(
        UnsafeRawBufferPointer(rebasing: all[Int(field.nameStart)..<Int(field.nameStart + field.nameCount)]),
        UnsafeRawBufferPointer(
          rebasing: all[Int(field.valueStart)..<Int(field.valueStart + field.valueCount)]))
    }
  }

  /// The fields' sizes on the wire: name, colon, blank, value, CRLF.
  public var wireBytes: Int { bytes.count + 4 * fields.count }
}

extension HeaderList {
  /// How a name occurs in a list. "The first wins" is nobody's choice here, so it is not offered.
  public enum Occurrence: Equatable, Sendable {
    case absent
    case once(index: Int)
    case repeated
  }

  /// Finds a name, given in lower case, whatever the case it came in.
  public func occurrence(of lowercasedName: [UInt8]) -> Occurrence {
    var found = Occurrence.absent
    for index in fields.indices where fields[index].nameCount == lowercasedName.count {
      guard withField(index, { name, _ in name.equalsIgnoringCase(lowercasedName) }) else { continue }
      guard found == .absent else { return .repeated }
      found = .once(index: index)
    }
    return found
  }

  /// The value of a field as text for people, with bytes that are not UTF-8 replaced. Nil when the name is
  /// absent or repeated.
  public func text(of lowercasedName: String) -> String? {
    guard case .once(let index) = occurrence(of: Array(lowercasedName.utf8)) else { return nil }
    return withField(index) { String(decoding: $1, as: UTF8.self) }
  }

  /// All fields as text, for tests and for people.
  public var textFields: [(name: String, value: String)] {
    fields.indices.map { index in
      withField(index) { (String(decoding: $0, as: UTF8.self), String(decoding: $1, as: UTF8.self)) }
    }
  }
}
