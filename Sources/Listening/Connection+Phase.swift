extension Connection {
  /// What a connection is doing.
  enum Phase: Equatable {
    /// Between deliveries, or within a head.
    case waiting
    case collecting
    /// The request is complete, its answer is not.
    case answering
    /// The last answer was written; what still comes is thrown away until the sender closes too.
    case lingering
    case closed
  }
}
