internal import Formats
internal import HTTP

/// What the plan needs to know besides the delivery.
struct PlanContext {
  var route: Route
  /// The names of `RouteTable.markNames`.
  var markNames: [[UInt8]]
  var restStart: Int
  var peer: Peer
  /// Whether the peer's own forwarding headers are believed.
  var isTrusted: Bool
  var requestID: String
  /// Nil where the route takes no part in tracing.
  var trace: TraceContext?
  var arrival: Moment
  /// Where the memory for what leaves comes from.
  var lists = HeaderListPool()
  /// Whether the gateway has made the delivery itself.
  var isTest = false
}
