internal import Formats
internal import HTTP

/// A trace's id (W3C Trace Context, trace-id): 16 bytes, not all zero.
public struct TraceID: Sendable, Equatable {
  public let high: UInt64
  public let low: UInt64

  public init?(high: UInt64, low: UInt64) {
    guard high != 0 || low != 0 else { return nil }
    self.high = high
    self.low = low
  }
}

/// The trace that a delivery is part of.
struct TraceContext: Equatable {
  let id: TraceID
  /// The gateway's own span where the trace begins here; nil where the sender's fields go on as they came.
  let begunSpan: UInt64?
}

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

/// Ids of traces that begin here. An app's sampler may decide by any part of an id, so all of it looks
/// random (splitmix64); nobody is kept from guessing one.
struct TraceIDs {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> TraceContext {
    while true {
      guard let id = TraceID(high: draw(), low: draw()) else { continue }
      let span = draw()
      if span != 0 { return TraceContext(id: id, begunSpan: span) }
    }
  }

  private mutating func draw() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}
