/// Only ASCII has a case and digits here: a Unicode-aware comparison would fold more than any other reader of the same
/// bytes does.
extension UInt8 {
  @inlinable public var asciiLowercased: UInt8 {
    self &- UInt8(ascii: "A") < 26 ? self | 0x20 : self
  }

  @inlinable public var isASCIIDigit: Bool { self &- UInt8(ascii: "0") < 10 }

  @inlinable public var isASCIILetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }

  @inlinable public var isHexDigit: Bool { Hex.value(of: self) != nil }
}

extension UnsafeRawBufferPointer {
  public func hasPrefix(_ prefix: [UInt8]) -> Bool {
    count >= prefix.count && self[..<prefix.count].elementsEqual(prefix)
  }
}
