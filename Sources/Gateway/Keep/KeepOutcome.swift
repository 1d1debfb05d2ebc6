/// What became of a delivery that was to be kept. What it says of one that is kept is durable.
public enum KeepOutcome: Sendable {
  /// - otherBodyOf: the delivery that is known by the same key and has another body.
  case stored(PublicID, otherBodyOf: PublicID?)
  /// It was here before; revived where all that had become of it was dead or cancelled.
  case duplicate(of: PublicID, isRevived: Bool)
  case refused(KeepRefusal)
}
