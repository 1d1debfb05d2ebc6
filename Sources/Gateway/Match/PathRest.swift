internal import Formats

/// Whether the rest below a prefix is the same path to every reader: no dot segments, empty segments,
/// backslashes, and nothing encoded that would become one of them or end a C string.
public enum PathRest {
  /// - Parameter rest: what stands behind the prefix, as it was sent.
  public static func isUnambiguous(_ rest: UnsafeRawBufferPointer) -> Bool {
    var segmentStart = 0
    var index = 0
    while index <= rest.count {
      if index == rest.count || rest[index] == UInt8(ascii: "/") {
        let segment = UnsafeRawBufferPointer(rebasing: rest[segmentStart..<index])
        // The last segment may be empty (a trailing slash), no other.
        if segment.isEmpty, index < rest.count { return false }
        if isDots(segment) { return false }
        segmentStart = index + 1
      } else if rest[index] == UInt8(ascii: "\\") {
        return false
      } else if rest[index] == UInt8(ascii: "%") {
        guard let byte = decoded(rest, at: index), !forbidden.contains(byte) else { return false }
        index += 2
      }
      index += 1
    }
    return true
  }

  private static let forbidden: [UInt8] = [UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: "."), 0]

  /// `.` and `..`, also where a container would cut a `;parameter` off first.
  private static func isDots(_ segment: UnsafeRawBufferPointer) -> Bool {
    let name = segment.prefix { $0 != UInt8(ascii: ";") }
    return (1...2).contains(name.count) && name.allSatisfy { $0 == UInt8(ascii: ".") }
  }

  private static func decoded(_ bytes: UnsafeRawBufferPointer, at index: Int) -> UInt8? {
    guard index + 2 < bytes.count, let high = Hex.value(of: bytes[index + 1]),
      let low = Hex.value(of: bytes[index + 2])
    else { return nil }
    return high << 4 | low
  }
}
