public import Formats

/// Byte-wise questions about header names and values.
extension UInt8 {
  /// `tchar` of RFC 9110, section 5.6.2: what a header name or a method is made of.
  @inlinable public var isTokenCharacter: Bool {
    if isASCIILetter || isASCIIDigit { return true }
    switch self {
    case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
      UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      return true
    default:
      return false
    }
  }

  /// What may stand in a header value: HTAB, SP, visible ASCII and obs-text (RFC 9110, section 5.5).
  @inlinable public var isFieldValueByte: Bool { self >= 0x20 ? self != 0x7F : self == 0x09 }
}

extension UnsafeRawBufferPointer {
  /// Compares with a text that is in lower case already.
  @inlinable public func equalsIgnoringCase(_ lowercased: [UInt8]) -> Bool {
    lowercased.withUnsafeBytes { equals(lowercased: $0) }
  }

  /// Compares with a literal that is in lower case already.
  @inlinable public func equalsIgnoringCase(_ lowercased: StaticString) -> Bool {
    equals(
      lowercased: UnsafeRawBufferPointer(start: lowercased.utf8Start, count: lowercased.utf8CodeUnitCount))
  }

  @inlinable func equals(lowercased other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    var index = 0
    guard count >= 8 else {
      while index < count, self[index].asciiLowercased == other[index] { index &+= 1 }
      return index == count
    }
    while index < count {
      // The last word may overlap the one before.
      index = Swift.min(index, count &- 8)
      let word = loadUnaligned(fromByteOffset: index, as: UInt64.self)
      guard word.asciiLowercased == other.loadUnaligned(fromByteOffset: index, as: UInt64.self) else {
        return false
      }
      index &+= 8
    }
    return true
  }

  /// Compares with a text that is in lower case already, hyphens left out on both sides.
  public func equalsIgnoringCaseAndHyphens(_ lowercased: [UInt8]) -> Bool {
    let hyphen = UInt8(ascii: "-")
    var index = 0
    for byte in lowercased where byte != hyphen {
      while index < count, self[index] == hyphen { index += 1 }
      guard index < count, self[index].asciiLowercased == byte else { return false }
      index += 1
    }
    while index < count, self[index] == hyphen { index += 1 }
    return index == count
  }

  /// The bytes without SP and HTAB at both ends: RFC 9110's optional white space and nothing more.
  public var trimmingBlanks: UnsafeRawBufferPointer {
    var start = 0
    var end = count
    while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
    while end > start, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: self[start..<end])
  }

  /// Calls `body` for each element between separators, blanks trimmed, until it returns false.
  public func forEachElement(separator: UInt8, _ body: (UnsafeRawBufferPointer) -> Bool) {
    var start = 0
    for index in 0...count where index == count || self[index] == separator {
      let element = UnsafeRawBufferPointer(rebasing: self[start..<index]).trimmingBlanks
      guard body(element) else { return }
      start = index + 1
    }
  }
}

extension UnsafeRawBufferPointer {
  /// Where the run of token characters ends. Names are letters and hyphens, nearly always: of those eight are
  /// judged at a time.
  @inlinable @inline(__always)
  public func endOfToken(from start: Int, to end: Int) -> Int {
    var index = start
    while index &+ 8 <= end {
      let word = UInt64(littleEndian: loadUnaligned(fromByteOffset: index, as: UInt64.self))
      let others = word.bytesButLettersAndHyphens
      if others == 0 {
        index &+= 8
        continue
      }
      index &+= others.trailingZeroBitCount / 8
      guard self[index].isTokenCharacter else { return index }
      index &+= 1
    }
    while index < end, self[index].isASCIILetter || self[index].isTokenCharacter { index &+= 1 }
    return index
  }

  /// Whether it is nothing but letters, digits and hyphens.
  public var isOfLettersDigitsAndHyphens: Bool {
    if count >= 8, isOfWords(where: { $0.bytesButLettersAndHyphens == 0 }) { return true }
    return allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") }
  }

  /// Whether all words of eight bytes that it is made of are so; the last one may overlap the one before.
  @inline(__always)
  private func isOfWords(where isFit: (UInt64) -> Bool) -> Bool {
    var index = 0
    while index < count {
      index = Swift.min(index, count - 8)
      guard isFit(loadUnaligned(fromByteOffset: index, as: UInt64.self)) else { return false }
      index &+= 8
    }
    return true
  }

  /// Where the run of bytes that may stand in a field value ends, looking from `start` and no further than
  /// `end`. Eight bytes are judged at a time; values are most of a head.
  @inlinable @inline(__always)
  public func endOfFieldValueBytes(from start: Int, to end: Int) -> Int {
    var index = start
    while index &+ 8 <= end {
      let word = UInt64(littleEndian: loadUnaligned(fromByteOffset: index, as: UInt64.self))
      let suspects = word.bytesBelowSpace | word.bytesDelete
      if suspects == 0 {
        index &+= 8
        continue
      }
      // The lowest mark is of the first such byte, and true.
      index &+= suspects.trailingZeroBitCount / 8
      guard self[index].isFieldValueByte else { return index }
      index &+= 1
    }
    while index < end, self[index].isFieldValueByte { index &+= 1 }
    return index
  }
}

extension UInt64 {
  @inlinable static var ones: UInt64 { 0x0101_0101_0101_0101 }
  @inlinable static var highBits: UInt64 { 0x8080_8080_8080_8080 }

  /// All eight bytes as `UInt8.asciiLowercased` has each. No sum of seven bits here carries into the next byte.
  @inlinable @inline(__always)
  var asciiLowercased: UInt64 {
    let low = self & ~Self.highBits
    let isFromA = low &+ Self.ones &* (0x80 - 0x41)
    let isBeyondZ = low &+ Self.ones &* (0x80 - 0x5B)
    let isUpper = isFromA & ~isBeyondZ & ~self & Self.highBits
    return self | isUpper >> 2
  }

  /// Marks, by their highest bits, of the eight bytes those that are no ASCII letters or hyphens. A byte from 0x80 on
  /// is marked, and its sums may carry into the one above: what is marked above the lowest mark may be wrong.
  @inlinable @inline(__always)
  var bytesButLettersAndHyphens: UInt64 {
    let lower = self | Self.ones &* 0x20
    let isLetter = (lower &+ Self.ones &* (0x80 - 0x61)) & ~(lower &+ Self.ones &* (0x80 - 0x7B))
    let isHyphen = ~((self ^ Self.ones &* 0x2D) &+ Self.ones &* 0x7F)
    return (self | ~(isLetter | isHyphen)) & Self.highBits
  }

  /// Marks, by their highest bits, of the eight bytes those below 0x20. A borrow can only come out of a byte that
  /// is: what is marked above the lowest mark may be wrong.
  @inlinable @inline(__always)
  var bytesBelowSpace: UInt64 { (self &- Self.ones &* 0x20) & ~self & Self.highBits }

  /// The same of those that are 0x7F.
  @inlinable @inline(__always)
  var bytesDelete: UInt64 {
    let difference = self ^ (Self.ones &* 0x7F)
    return (difference &- Self.ones) & ~difference & Self.highBits
  }
}
