/// Writes into memory that has room for all that is put there: a head is a score of short pieces, and an array
/// would be asked for room with each.
public struct ByteCursor {
  @usableFromInline let target: UnsafeMutableRawBufferPointer
  @usableFromInline var used = 0

  @inlinable
  public init(_ target: UnsafeMutableRawBufferPointer) { self.target = target }

  public var count: Int {
    @inlinable get { used }
  }

  @inlinable @inline(__always)
  public mutating func put(_ bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count <= target.count - used, "more bytes than there was room made for")
    guard let source = bytes.baseAddress, let base = target.baseAddress else { return }
    base.advanced(by: used).copyMemory(from: source, byteCount: bytes.count)
    used += bytes.count
  }

  @inlinable @inline(__always)
  public mutating func put(_ text: StaticString) {
    put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Named, or every literal would be made a string first.
  @inlinable
  public mutating func put(text: String) {
    var text = text
    text.withUTF8 { put(UnsafeRawBufferPointer($0)) }
  }

  /// A number of at most 20 digits, without a sign.
  public mutating func put(decimal value: Int) {
    precondition(value >= 0)
    withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
      var start = digits.count
      var rest = value
      repeat {
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      put(UnsafeRawBufferPointer(rebasing: digits[start...]))
    }
  }
}
