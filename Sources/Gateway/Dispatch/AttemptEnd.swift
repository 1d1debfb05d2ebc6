/// What became of one attempt at an upstream.
public enum AttemptEnd: Sendable, Equatable {
  /// A complete answer, with its status.
  case answered(Int)
  case failed(ForwardFailure.Kind)
}
