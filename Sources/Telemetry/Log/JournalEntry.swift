internal import Formats

/// One entry of the journal in its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL), made from a line.
///
/// The loops make one line, whatever becomes of it; its fields are taken apart again on the writer's thread,
/// where nobody waits. The line's own escapes make that exact: each field gets back the bytes that it had.
struct JournalEntry {
  private(set) var bytes: [UInt8] = []
  /// One value without its escapes.
  private var value: [UInt8] = []

  /// What stands before each field's own name.
  static let prefix: StaticString = "VESIGATE_"
  private static let nameBytesMax = 64

  /// - Parameter line: one of `LogFormat.journal`, with or without its line feed.
  mutating func encode(_ line: UnsafeBufferPointer<UInt8>) {
    bytes.removeAll(keepingCapacity: true)
    var rest = line[...]
    if rest.last == UInt8(ascii: "\n") { rest.removeLast() }
    if rest.count >= 3, rest.first == UInt8(ascii: "<") {
      append("PRIORITY=", rest[(rest.startIndex + 1)...(rest.startIndex + 1)])
      rest = rest.dropFirst(3)
    }
    append("SYSLOG_IDENTIFIER=", StaticString("vesigate").buffer[...])
    append("MESSAGE=", rest)
    while let equals = rest.firstIndex(of: UInt8(ascii: "=")) {
      let name = rest[..<equals]
      rest = rest[(equals + 1)...]
      takeValue(from: &rest)
      appendField(name)
    }
  }

  private mutating func append(_ name: StaticString, _ value: Slice<UnsafeBufferPointer<UInt8>>) {
    bytes.append(contentsOf: name.buffer)
    bytes.append(contentsOf: value)
    bytes.append(UInt8(ascii: "\n"))
  }

  /// Moves the value at the beginning of `rest`, and the blank behind it, into `value`.
  private mutating func takeValue(from rest: inout Slice<UnsafeBufferPointer<UInt8>>) {
    value.removeAll(keepingCapacity: true)
    guard rest.first == UInt8(ascii: "\"") else {
      let end = rest.firstIndex(of: UInt8(ascii: " ")) ?? rest.endIndex
      value.append(contentsOf: rest[..<end])
      rest = rest[end...].dropFirst()
      return
    }
    rest.removeFirst()
    while let byte = rest.popFirst(), byte != UInt8(ascii: "\"") {
      value.append(byte == UInt8(ascii: "\\") ? JournalEntry.escaped(&rest) : byte)
    }
    rest = rest.dropFirst()
  }

  /// What stands behind a backslash: `xNN`, or the byte itself.
  private static func escaped(_ rest: inout Slice<UnsafeBufferPointer<UInt8>>) -> UInt8 {
    guard let byte = rest.popFirst() else { return UInt8(ascii: "\\") }
    guard byte == UInt8(ascii: "x"), let high = rest.popFirst(), let low = rest.popFirst() else {
      return byte
    }
    // LogEscape writes digits and nothing else.
    return (Hex.value(of: high) ?? 0) << 4 | (Hex.value(of: low) ?? 0)
  }

  /// `NAME=value` and a line feed; a value that holds one goes by its length: the name, a line feed, 64 bits
  /// little-endian, the value, a line feed.
  private mutating func appendField(_ name: Slice<UnsafeBufferPointer<UInt8>>) {
    bytes.append(contentsOf: JournalEntry.prefix.buffer)
    for byte in name.prefix(JournalEntry.nameBytesMax - JournalEntry.prefix.utf8CodeUnitCount) {
      bytes.append(JournalEntry.inName(byte))
    }
    if value.contains(UInt8(ascii: "\n")) {
      bytes.append(UInt8(ascii: "\n"))
      withUnsafeBytes(of: UInt64(value.count).littleEndian) { bytes.append(contentsOf: $0) }
    } else {
      bytes.append(UInt8(ascii: "="))
    }
    bytes.append(contentsOf: value)
    bytes.append(UInt8(ascii: "\n"))
  }

  /// The journal's names are of capitals, digits and underscores.
  private static func inName(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 0x20
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
    default: UInt8(ascii: "_")
    }
  }
}
