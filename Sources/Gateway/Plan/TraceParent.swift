internal import Formats
internal import HTTP

/// The field `traceparent` (W3C Trace Context, section 3.2).
enum TraceParent {
  private static let name = Array("traceparent".utf8)
  private static let bytes = 55

  /// The sender's trace: nil where the field is absent, repeated or invalid, which means that he has none.
  static func read(_ headers: HeaderList) -> TraceID? {
    guard case .once(let index) = headers.occurrence(of: name) else { return nil }
    return headers.withField(index) { _, value in parse(value) }
  }

  /// `version-traceid-parentid-flags`, all in lower-case hex. Later versions may append more.
  private static func parse(_ value: UnsafeRawBufferPointer) -> TraceID? {
    guard value.count >= bytes, [2, 35, 52].allSatisfy({ value[$0] == UInt8(ascii: "-") }),
      let version = hex(value[0..<2]), version != 0xFF,
      value.count == bytes || (version > 0 && value[bytes] == UInt8(ascii: "-")),
      let high = hex(value[3..<19]), let low = hex(value[19..<35]),
      let parent = hex(value[36..<52]), parent != 0, hex(value[53..<55]) != nil
    else { return nil }
    return TraceID(high: high, low: low)
  }

  private static func hex(_ digits: Slice<UnsafeRawBufferPointer>) -> UInt64? {
    var value: UInt64 = 0
    for digit in digits {
      guard digit == digit.asciiLowercased, let next = Hex.value(of: digit) else { return nil }
      value = value << 4 | UInt64(next)
    }
    return value
  }

  /// Lends the field's value for a trace that begins here: version 00, and sampled, so that an app that
  /// leaves the decision to whoever began the trace records it.
  static func withBegun<Result>(
    _ id: TraceID, span: UInt64, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes) { target in
      target.update(repeating: UInt8(ascii: "0"))
      for dash in [2, 35, 52] { target[dash] = UInt8(ascii: "-") }
      Hex.write(id.high, to: target, at: 3)
      Hex.write(id.low, to: target, at: 19)
      Hex.write(span, to: target, at: 36)
      target[54] = UInt8(ascii: "1")
      return body(UnsafeRawBufferPointer(target))
    }
  }
}
