/// Header fields in the order and spelling they came in, repeated ones included.
///
/// All of them stand in one byte array, as the lines that they leave in: `name: value` and CRLF. So a list of any
/// length costs two allocations and is sent in one piece, and a value that is not UTF-8 stays what it was.
public struct HeaderList: Sendable {
  /// Where one field's name and value stand in the list's bytes.
  public struct Field: Sendable {
    @usableFromInline var nameStart: Int32
    public internal(set) var nameCount: Int32
    @usableFromInline var valueStart: Int32
    @usableFromInline var valueCount: Int32

    /// Behind the CRLF.
    var lineEnd: Int32 { valueStart + valueCount + 2 }
  }

  /// The lines, and room behind them.
  @usableFromInline var memory: [UInt8] = []
  /// The fields' sizes on the wire: name, colon, blank, value, CRLF.
  public private(set) var wireBytes = 0
  public private(set) var fields: [Field] = []

  private static let memoryBytesMin = 256

  public init() {}

  public init(bytesExpected: Int, fieldsExpected: Int) {
    makeRoom(bytes: bytesExpected, fields: fieldsExpected)
  }

  /// Makes room for what is expected, where there is less.
  public mutating func makeRoom(bytes: Int, fields fieldsExpected: Int) {
    if memory.count < bytes { makeRoom(for: bytes - wireBytes) }
    fields.reserveCapacity(fieldsExpected)
  }

  /// Of its lines, those to come too.
  var room: Int { memory.count }
  public var count: Int { fields.count }
  public var isEmpty: Bool { fields.isEmpty }

  /// Forgets all fields and keeps the memory, unless that is more than `bytesKept`.
  public mutating func removeAll(bytesKept: Int = .max) {
    wireBytes = 0
    if memory.count > bytesKept { memory = [] }
    fields.removeAll(keepingCapacity: memory.count > 0)
  }

  // MARK: Adding

  /// Appends a field. The caller has validated both: no CR, LF or NUL may stand in them.
  public mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    append(name: name, valueBytesMax: value.count) { $0.put(value) }
  }

  public mutating func append(name: StaticString, value: UnsafeRawBufferPointer) {
    append(name: name.rawBytes, value: value)
  }

  public mutating func append(name: String, value: String) {
    var name = name
    name.withUTF8 { name in
      append(name: UnsafeRawBufferPointer(name), valueBytesMax: value.utf8.count) { $0.put(text: value) }
    }
  }

  /// Appends a field whose value is put together from several pieces.
  @inline(__always)
  public mutating func append(
    name: UnsafeRawBufferPointer, valueBytesMax: Int, _ putValue: (inout ByteCursor) -> Void
  ) {
    let nameStart = wireBytes
    var valueStart = 0
    var valueEnd = 0
    put(bytesMax: name.count + valueBytesMax + 4) { line in
      line.put(name)
      if valueBytesMax > 0 { line.put(": ") } else { line.put(":") }
      valueStart = nameStart + line.count
      putValue(&line)
      valueEnd = nameStart + line.count
      line.put("\r\n")
    }
    fields.append(
      Field(
        nameStart: Int32(nameStart), nameCount: Int32(name.count), valueStart: Int32(valueStart),
        valueCount: Int32(valueEnd - valueStart)))
  }

  @inline(__always)
  public mutating func append(
    name: StaticString, valueBytesMax: Int, _ putValue: (inout ByteCursor) -> Void
  ) {
    append(name: name.rawBytes, valueBytesMax: valueBytesMax, putValue)
  }

  /// Appends the field at `index` of another list as it stands there.
  public mutating func append(_ index: Int, of other: HeaderList) {
    var field = other.fields[index]
    let distance = Int32(wireBytes) - field.nameStart
    other.memory.withUnsafeBytes { lines in
      let line = lines[Int(field.nameStart)..<Int(field.lineEnd)]
      put(bytesMax: line.count) { $0.put(UnsafeRawBufferPointer(rebasing: line)) }
    }
    field.nameStart += distance
    field.valueStart += distance
    fields.append(field)
  }

  /// Adds to the value of the last field, behind a blank. The caller has validated it.
  public mutating func extendLast(_ value: UnsafeRawBufferPointer) {
    guard !value.isEmpty, let last = fields.indices.last else { return }
    // In the place of the line's end.
    wireBytes -= 2
    put(bytesMax: value.count + 3) { line in
      line.put(" ")
      line.put(value)
      line.put("\r\n")
    }
    if fields[last].valueCount == 0 { fields[last].valueStart += 1 }
    fields[last].valueCount = Int32(wireBytes) - 2 - fields[last].valueStart
  }

  /// Has `write` put at most so many bytes behind what is there.
  @inline(__always)
  private mutating func put(bytesMax: Int, _ write: (inout ByteCursor) -> Void) {
    if bytesMax > memory.count - wireBytes { makeRoom(for: bytesMax) }
    memory.withUnsafeMutableBytes { memory in
      var cursor = ByteCursor(UnsafeMutableRawBufferPointer(rebasing: memory[wireBytes...]))
      write(&cursor)
      wireBytes += cursor.count
    }
  }

  private mutating func makeRoom(for count: Int) {
    let bytes = max(wireBytes + count, 2 * memory.count, Self.memoryBytesMin)
    guard !memory.isEmpty else { return memory = [UInt8](repeating: 0, count: bytes) }
    memory.append(contentsOf: [UInt8](repeating: 0, count: bytes - memory.count))
  }

  /// Without the fields of these names, wherever they stand.
  public func without(_ named: ConnectionNames) -> HeaderList {
    guard !named.isEmpty else { return self }
    var kept = HeaderList(bytesExpected: wireBytes, fieldsExpected: count)
    for index in fields.indices where withField(index, { name, _ in !named.contains(name) }) {
      kept.append(index, of: self)
    }
    return kept
  }

  // MARK: Reading

  /// Lends name and value of the field at `index`.
  @inlinable @inline(__always)
  public func withField<Result>(
    _ index: Int, _ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    let field = fields[index]
    return try memory.withUnsafeBytes { all in
      try body(
        UnsafeRawBufferPointer(rebasing: all[Int(field.nameStart)..<Int(field.nameStart + field.nameCount)]),
        UnsafeRawBufferPointer(
          rebasing: all[Int(field.valueStart)..<Int(field.valueStart + field.valueCount)]))
    }
  }

  /// Lends all lines as they go on the wire.
  @inlinable @inline(__always)
  public func withLines<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try memory.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[..<wireBytes])) }
  }
}

extension StaticString {
  /// Its bytes, which live as long as the program.
  public var rawBytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
  }
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
    var found: Int?
    for (index, field) in fields.enumerated() where Int(field.nameCount) == lowercasedName.count {
      guard withField(index, { name, _ in name.equalsIgnoringCase(lowercasedName) }) else { continue }
      guard found == nil else { return .repeated }
      found = index
    }
    return found.map { .once(index: $0) } ?? .absent
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
