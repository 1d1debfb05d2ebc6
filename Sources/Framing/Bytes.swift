internal import Gateway

/// Names for the bytes that HTTP/1 is made of.
extension UInt8 {
  static var carriageReturn: UInt8 { 0x0D }
  static var lineFeed: UInt8 { 0x0A }
  static var space: UInt8 { 0x20 }
  static var tab: UInt8 { 0x09 }

  /// The value of a hexadecimal digit, nil for anything else.
  @inline(__always)
  var hexDigitValue: Int? {
    if isASCIIDigit { return Int(self &- 0x30) }
    let letter = (self | 0x20) &- UInt8(ascii: "a")
    return letter < 6 ? Int(letter) + 10 : nil
  }
}

extension UnsafeRawBufferPointer {
  /// Where the run of token characters ends. Names are letters and hyphens, nearly always.
  @inline(__always)
  func endOfToken(from start: Int, to end: Int) -> Int {
    var index = start
    while index < end {
      let byte = self[index]
      guard byte.isASCIILetter || byte == UInt8(ascii: "-") || byte.isTokenCharacter else { break }
      index &+= 1
    }
    return index
  }

  @inline(__always)
  func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[range]) }

  /// Where the run of bytes that may stand in a field value ends, looking from `start` and no further than
  /// `end`. Eight bytes are judged at a time; values are most of a head.
  @inline(__always)
  func endOfFieldValueBytes(from start: Int, to end: Int) -> Int {
    var index = start
    while index &+ 8 <= end {
      let word = loadUnaligned(fromByteOffset: index, as: UInt64.self)
      guard !word.hasByteBelowSpace, !word.hasDelete else { break }
      index &+= 8
    }
    while index < end, self[index].isFieldValueByte { index &+= 1 }
    return index
  }
}

extension UInt64 {
  private static var ones: UInt64 { 0x0101_0101_0101_0101 }
  private static var highBits: UInt64 { 0x8080_8080_8080_8080 }

  /// Whether one of the eight bytes is below 0x20. A borrow can only come out of a byte that is.
  @inline(__always)
  var hasByteBelowSpace: Bool { (self &- Self.ones &* 0x20) & ~self & Self.highBits != 0 }

  /// Whether one of the eight bytes is 0x7F.
  @inline(__always)
  var hasDelete: Bool {
    let difference = self ^ (Self.ones &* 0x7F)
    return (difference &- Self.ones) & ~difference & Self.highBits != 0
  }
}
