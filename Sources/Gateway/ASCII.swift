/// Byte-wise questions about header names and values. Only ASCII has a case here: a Unicode-aware
/// comparison would fold more than any other reader of the same bytes does.
extension UInt8 {
  @inlinable public var asciiLowercased: UInt8 {
    self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self
  }

  @inlinable public var isASCIIDigit: Bool { self &- UInt8(ascii: "0") < 10 }

  @inlinable public var isASCIILetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }

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
    guard count == lowercased.count else { return false }
    for index in 0..<count where self[index].asciiLowercased != lowercased[index] { return false }
    return true
  }

  /// Compares with a literal that is in lower case already.
  @inlinable public func equalsIgnoringCase(_ lowercased: StaticString) -> Bool {
    guard count == lowercased.utf8CodeUnitCount else { return false }
    let other = lowercased.utf8Start
    for index in 0..<count where self[index].asciiLowercased != other[index] { return false }
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

  public func hasPrefix(_ prefix: [UInt8]) -> Bool {
    count >= prefix.count && self[..<prefix.count].elementsEqual(prefix)
  }
}

extension UnsafeRawBufferPointer {
  /// Where the run of token characters ends. Names are letters and hyphens, nearly always.
  @inlinable @inline(__always)
  public func endOfToken(from start: Int, to end: Int) -> Int {
    var index = start
    while index < end {
      let byte = self[index]
      guard byte.isASCIILetter || byte == UInt8(ascii: "-") || byte.isTokenCharacter else { break }
      index &+= 1
    }
    return index
  }

  /// Where the run of bytes that may stand in a field value ends, looking from `start` and no further than
  /// `end`. Eight bytes are judged at a time; values are most of a head.
  @inlinable @inline(__always)
  public func endOfFieldValueBytes(from start: Int, to end: Int) -> Int {
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
  @inlinable static var ones: UInt64 { 0x0101_0101_0101_0101 }
  @inlinable static var highBits: UInt64 { 0x8080_8080_8080_8080 }

  /// Whether one of the eight bytes is below 0x20. A borrow can only come out of a byte that is.
  @inlinable @inline(__always)
  var hasByteBelowSpace: Bool { (self &- Self.ones &* 0x20) & ~self & Self.highBits != 0 }

  /// Whether one of the eight bytes is 0x7F.
  @inlinable @inline(__always)
  var hasDelete: Bool {
    let difference = self ^ (Self.ones &* 0x7F)
    return (difference &- Self.ones) & ~difference & Self.highBits != 0
  }
}
