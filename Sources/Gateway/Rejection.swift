public import HTTP
public import Signing

/// Every reason for which a delivery is refused: its status, what the sender reads, and what the log and
/// the metrics call it, side by side.
public enum Rejection: Error, Sendable, Equatable {
  /// The sender reads one and the same 401, whatever the reason; log and metrics tell them apart.
  case unverified(Unverified)
  /// Framing or syntax that two readers could read differently. The detail names the rule.
  case malformed(StaticText)
  case versionNotSupported
  case requestLineTooLong
  case headTooLarge(SectionBound)
  case bodyTooLarge
  case headTimeout
  case bodyTimeout
  case noSuchPath
  case methodNotAllowed(allowed: [String])
  case expectationFailed
  /// A path below a prefix route that two readers could resolve differently.
  case ambiguousPath
  /// A bound on what the gateway holds at once was reached.
  case tooBusy(AdmissionBound)
  /// A rotation is under way and no secret known so far verifies it: it may be genuine, so never a 401.
  case rotating(HoldEnd)
  /// Its secret file could not be looked at in time, so nobody knows whether it is genuine.
  case lookTimeout
  /// Its secret file cannot be read and no secret in force verifies it: nobody knows whether it is genuine.
  case secretUnread
  /// Only a compromised secret verifies it, and its file holds another that is not taken.
  case secretUntaken
  /// It is verified, or would have to be, and the store takes nothing now.
  case notKept(KeepRefusal)
  /// The delivery was sound, the upstream was not.
  case upstream(ForwardFailure)

  /// As RFC 9110, section 15, has them; 431 is RFC 6585's.
  public var status: Int {
    switch self {
    case .unverified: 401
    case .malformed, .ambiguousPath: 400
    case .versionNotSupported: 505
    case .requestLineTooLong: 414
    case .headTooLarge: 431
    case .bodyTooLarge: 413
    case .headTimeout, .bodyTimeout: 408
    case .noSuchPath: 404
    case .methodNotAllowed: 405
    case .expectationFailed: 417
    case .tooBusy, .rotating, .lookTimeout, .secretUnread, .secretUntaken, .notKept: 503
    case .upstream(let failure): failure.isTimeout ? 504 : 502
    }
  }

  /// The sentence in the answer's body. It never says why a signature was refused.
  public var publicText: String {
    switch self {
    case .unverified: "The delivery could not be verified."
    case .malformed: "The request is malformed."
    case .versionNotSupported: "Only HTTP/1.1 and HTTP/1.0 are spoken here."
    case .requestLineTooLong: "The request line is too long."
    case .headTooLarge: "The header section is too large."
    case .bodyTooLarge: "The body is too large."
    case .headTimeout: "The request's head took too long."
    case .bodyTimeout: "The request's body took too long."
    case .noSuchPath: "There is nothing at this path."
    case .methodNotAllowed: "This method is not accepted here."
    case .expectationFailed: "The expectation cannot be met."
    case .ambiguousPath: "The path is ambiguous."
    case .tooBusy, .lookTimeout: "Too busy, try again."
    case .notKept: "The delivery cannot be kept now, try again."
    case .rotating, .secretUnread, .secretUntaken: "The signing secret is being replaced, try again."
    case .upstream(let failure):
      if failure.isTimeout {
        "The upstream did not answer in time."
      } else if failure.stage == .connecting {
        "The upstream could not be reached."
      } else {
        "The upstream gave no answer that could be used."
      }
    }
  }

  /// One lower-case word group for the metric label and the log's `reason`.
  public var label: String {
    switch self {
    case .unverified(let reason): reason.label
    case .malformed: "malformed"
    case .versionNotSupported: "version"
    case .requestLineTooLong: "request-line-too-long"
    case .headTooLarge(let bound): bound.rawValue
    case .bodyTooLarge: "body-too-large"
    case .headTimeout: "head-timeout"
    case .bodyTimeout: "body-timeout"
    case .noSuchPath: "no-such-path"
    case .methodNotAllowed: "method"
    case .expectationFailed: "expectation"
    case .ambiguousPath: "ambiguous-path"
    case .tooBusy(let bound): bound.rawValue
    case .rotating(let end): end.rawValue
    case .lookTimeout: "look-timeout"
    case .secretUnread: "secret-unread"
    case .secretUntaken: "secret-untaken"
    case .notKept(let refusal): refusal.rawValue
    case .upstream(let failure): failure.label
    }
  }

  /// What the log adds to the label; it never holds a byte of the sender's.
  public var detail: String? {
    switch self {
    case .unverified(let reason): reason.detail
    case .malformed(let text): text.description
    case .rotating: "a rotation is under way, it may be genuine"
    case .secretUnread: "the secret file cannot be read, it may be genuine"
    case .secretUntaken: "only a compromised secret verifies it, and what replaces that is not taken yet"
    case .upstream(let failure): failure.detail
    default: nil
    }
  }

  /// Whether the connection can no longer be trusted to be in step, or would first have to be read to the
  /// end of a body that nobody wants.
  public var closesConnection: Bool {
    switch self {
    case .unverified, .upstream, .rotating, .lookTimeout, .secretUnread, .secretUntaken: false
    default: true
    }
  }

  /// Seconds after which the sender should try again; nil where that is not ours to say.
  public var retryAfterSeconds: Int? {
    switch self {
    case .tooBusy, .rotating, .lookTimeout, .secretUnread, .secretUntaken, .notKept: 1
    default: nil
    }
  }
}

extension Rejection {
  /// What is no request is refused as one.
  public init(_ fault: RequestFault) {
    switch fault {
    case .malformed(let rule): self = .malformed(rule)
    case .versionNotSupported: self = .versionNotSupported
    case .requestLineTooLong: self = .requestLineTooLong
    case .headTooLarge(let bound): self = .headTooLarge(bound)
    case .bodyTooLarge: self = .bodyTooLarge
    case .expectationFailed: self = .expectationFailed
    }
  }
}
