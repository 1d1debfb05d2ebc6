internal import Formats

/// Bytes as programmers read them: where, the bytes, and what of them is printable.
enum HexLines {
  static let lineBytes = 16

  /// - Parameter offset: of the first byte.
  static func bytes(_ bytes: ArraySlice<UInt8>, from offset: Int) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 5)
    var rest = bytes
    var place = offset
    while !rest.isEmpty {
      append(rest.prefix(lineBytes), at: place, to: &text)
      rest = rest.dropFirst(lineBytes)
      place += lineBytes
    }
    return text
  }

  private static func append(_ line: ArraySlice<UInt8>, at place: Int, to text: inout [UInt8]) {
    text += Hex.encode(UInt32(truncatingIfNeeded: place)).utf8
    text.append(0x20)
    for index in 0..<lineBytes {
      // A gap in the middle, so that the eye finds its place.
      if index.isMultiple(of: lineBytes / 2) { text.append(0x20) }
      if index < line.count {
        Hex.append(line[line.startIndex + index], to: &text)
        text.append(0x20)
      } else {
        text += "   ".utf8
      }
    }
    text += " ".utf8
    for byte in line { text.append((0x20..<0x7F).contains(byte) ? byte : UInt8(ascii: ".")) }
    text.append(0x0A)
  }
}
