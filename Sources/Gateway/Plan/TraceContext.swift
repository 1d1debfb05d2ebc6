/// The trace that a delivery is part of.
struct TraceContext: Equatable {
  let id: TraceID
  /// The gateway's own span where the trace begins here; nil where the sender's fields go on as they came.
  let begunSpan: UInt64?
}
