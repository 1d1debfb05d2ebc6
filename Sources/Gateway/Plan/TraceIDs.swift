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
