internal import Formats

/// The names that a message's `Connection` fields declare to be for this connection alone.
public struct ConnectionNames: Sendable {
  /// A name's hash and where it ends in `bytes`; it begins where the one before it ends.
  private struct Name {
    var hash: UInt64
    var end: Int
  }

  private var names: [Name] = []
  private var bytes: [UInt8] = []

  public init() {}

  public init(_ headers: HeaderList) {
    for index in headers.fields.indices where headers.fields[index].nameCount == 10 {
      headers.withField(index) { name, value in
        if name.equalsIgnoringCase("connection") { note(value) }
      }
    }
  }

  /// Takes the value of one `Connection` field.
  public mutating func note(_ value: UnsafeRawBufferPointer) {
    value.forEachElement(separator: UInt8(ascii: ",")) { element in
      // These two say how long the connection lives; no header has such a name.
      let isOption = element.equalsIgnoringCase("close") || element.equalsIgnoringCase("keep-alive")
      guard !isOption, !element.isEmpty else { return true }
      for byte in element { bytes.append(byte.asciiLowercased) }
      names.append(Name(hash: Self.hash(element), end: bytes.count))
      return true
    }
  }

  /// So that long names cost once what they cost, and not anew with each field.
  private static func hash(_ name: UnsafeRawBufferPointer) -> UInt64 {
    var hash = PathHash()
    for byte in name { hash.combine(byte.asciiLowercased) }
    return hash.value
  }

  public var isEmpty: Bool { names.isEmpty }

  public func contains(_ name: UnsafeRawBufferPointer) -> Bool {
    guard !names.isEmpty else { return false }
    let hash = Self.hash(name)
    var start = 0
    for other in names {
      if other.hash == hash, name.count == other.end - start,
        zip(name, bytes[start..<other.end]).allSatisfy({ $0.asciiLowercased == $1 })
      {
        return true
      }
      start = other.end
    }
    return false
  }
}
