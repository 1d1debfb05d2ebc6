/// Why a request is none, or none that all readers would read alike, or none that is taken here.
public enum RequestFault: Error, Sendable, Equatable {
  /// Framing or syntax that two readers could read differently. The text names the rule.
  case malformed(StaticText)
  case versionNotSupported
  case requestLineTooLong
  case headTooLarge(SectionBound)
  /// A length that no number holds.
  case bodyTooLarge
  case expectationFailed

  init(_ fault: MessageFault) {
    switch fault {
    case .malformed(let rule): self = .malformed(rule)
    case .headTooLarge(let bound): self = .headTooLarge(bound)
    }
  }
}
