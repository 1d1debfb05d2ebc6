/// Which test delivery somebody wants made.
public struct TestOrder: Sendable {
  /// By its name.
  public let route: String
  /// As its senders call them; nil for the usual one.
  public let event: String?
  /// What the delivery and its sample are known by, and by nothing else before: no repetition of another one.
  public let id: PublicID

  public init(route: String, event: String?, id: PublicID) {
    self.route = route
    self.event = event
    self.id = id
  }
}

/// Why no test delivery is made.
public enum TestRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  case noRoute
  case notAllowed
  /// Another route is nearer to every path that it could be sent to.
  case shadowed
  case eventUnfit

  /// For people, a part of a sentence.
  public var description: String {
    switch self {
    case .noRoute: "there is no such route"
    case .notAllowed: "this route has no test: true, so what it delivers is never a test"
    case .shadowed: "what is sent to this route's path for the host localhost goes to another route"
    case .eventUnfit: "an event must be \(SampleDelivery.eventGrammar)"
    }
  }
}
