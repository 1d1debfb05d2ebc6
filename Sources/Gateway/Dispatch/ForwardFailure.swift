/// Why an attempt at an upstream gave no answer. The stage says whether a retry is safe.
public struct ForwardFailure: Error, Sendable, Equatable {
  public enum Stage: String, Sendable {
    /// Name, connection or TLS: nothing of the delivery was sent, so another upstream may be tried.
    case connecting
    /// The delivery was on its way: the upstream may or may not have acted on it.
    case sending
    /// An answer had begun.
    case answering
  }

  public enum Kind: String, Sendable, CaseIterable {
    case resolve
    case connect
    case tls
    /// No connection, TLS included, within `connect-seconds-max`.
    case connectTimeout = "connect-timeout"
    /// No answer began within `first-byte-seconds-max`.
    case firstByteTimeout = "first-byte-timeout"
    /// No complete answer within `total-seconds-max`.
    case totalTimeout = "total-timeout"
    /// Closed or reset before a complete answer.
    case closed
    /// A pooled connection turned out dead after the request may have been read. It is not sent again.
    case deadConnection = "dead-connection"
    /// Not HTTP, cut off, or in contradiction to itself.
    case unparsable
    case answerTooLarge = "answer-too-large"
    /// Given up by the gateway itself: shutdown.
    case cancelled
    case internalError = "internal"
  }

  public var stage: Stage
  public var kind: Kind
  /// A sentence for the log, libcurl's or ours.
  public var detail: String

  public init(stage: Stage, kind: Kind, detail: String) {
    self.stage = stage
    self.kind = kind
    self.detail = detail
  }

  /// Whether the same delivery can go to another upstream without any upstream seeing it twice.
  public var isSafeToRetry: Bool { stage == .connecting }

  public var isTimeout: Bool {
    switch kind {
    case .connectTimeout, .firstByteTimeout, .totalTimeout: true
    default: false
    }
  }

  public var label: String { "upstream-" + kind.rawValue }
}
