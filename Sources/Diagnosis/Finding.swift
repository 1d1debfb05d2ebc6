internal import Signing

/// What a diagnosis came to, in words for an operator.
public struct Finding: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    /// It verifies with the settings in force.
    case verifies
    /// It verifies with other settings, and `settings` says which.
    case settings
    /// The secret stands in the file in another form than the sender uses it.
    case secretText = "secret-text"
    /// The signature is right, the age is outside the tolerance: a replay, or a clock.
    case stale
    /// Signed by a secret that a rotation has replaced.
    case replacedSecret = "replaced-secret"
    /// Signed by a secret of another route.
    case otherRoute = "other-route"
    /// Signed over another body than came.
    case rewritten
    /// A part of what is signed was moved into the body: a forger's work.
    case movedBoundary = "moved-boundary"
    /// It matches under other settings, but perhaps only because something was moved into the body.
    case unclear
    /// What matches is nothing that a setting could say.
    case unsupported
    /// No combination matches.
    case nothing
    /// It carries nothing that could be a signature.
    case unsigned
  }

  public var kind: Kind
  /// One sentence about the delivery, without a full stop.
  public var sentence: String
  /// The lines that take the place of the route's `signature:`, where that is what has to be changed.
  public var settings: [String] = []
  /// What to do and what to beware of; whole sentences.
  public var advice: [String] = []
  /// Where nothing matches: what it therefore is not, point by point.
  public var ruledOut: [String] = []
  /// HMACs that were computed.
  public var combinations = 0
  /// Whether a limit kept something from being tried.
  public var isCut = false

  func with(_ search: Search) -> Finding {
    var copy = self
    copy.combinations = search.combinations
    copy.isCut = search.isCut
    return copy
  }
}
