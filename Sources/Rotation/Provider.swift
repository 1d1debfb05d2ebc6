public import Signing

/// A sender of webhooks whose API makes the secrets: where to call, and how to read the answer.
public protocol Provider: Sendable {
  /// As the configuration names it.
  var name: String { get }
  /// Appended to the API's URL.
  var path: String { get }
  /// Header lines, which the caller wipes. Nothing else is sent: the method is POST, the body empty.
  func privateHeaders(_ keys: ProviderKeys) -> [[UInt8]]
  /// What an answer means for the secret that was in force.
  func judge(_ answer: CurlCall.Answer) -> ProviderAnswer
}

/// What the API wants to see.
public struct ProviderKeys: Sendable {
  public let secretKey: Secret
  public let publicKey: Secret?

  public init(secretKey: Secret, publicKey: Secret? = nil) {
    self.secretKey = secretKey
    self.publicKey = publicKey
  }
}

/// What came of a call.
public enum ProviderAnswer: Sendable {
  /// The old secret is dead, this one lives.
  case rotated(Secret)
  /// Surely nothing has changed.
  case refused(ProviderRefusal)
  /// The old secret may be dead, and the new one was not seen. The sentence says why; its subject is the API.
  case unknown(String)
}

/// Why the provider surely made no new secret.
public struct ProviderRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Kind: Sendable, Equatable {
    /// No connection, or no TLS on it.
    case unreachable
    /// The API key is not accepted.
    case unauthorized
    /// Too many calls.
    case tooMany
    /// Any other refusal.
    case rejected
  }

  public let kind: Kind
  /// A sentence whose subject is the API.
  public let sentence: String

  public init(_ kind: Kind, _ sentence: String) {
    self.kind = kind
    self.sentence = sentence
  }

  public var description: String { sentence }
}

/// The providers that are built in.
public enum Providers {
  public static let all: [any Provider] = [VesicashProvider()]

  /// Nil where none of that name is built in.
  public static func named(_ name: String) -> (any Provider)? { all.first { $0.name == name } }
}
