internal import Formats

/// The header field that says "verified". Only the gateway ever sets it.
public struct VerifiedMark: Sendable, Equatable {
  public let name: String
  public let value: String

  public init(name: String = "X-Verified", value: String = "true") {
    self.name = name
    self.value = value
    lowercasedName = name.utf8.map(\.asciiLowercased)
    lowercasedFailedName = lowercasedName + Array("-failed".utf8)
  }

  /// The field that says why, on a route that observes. Never the mark's own name with another value:
  /// `false` is true in most languages.
  public var failedName: String { name + "-Failed" }

  /// Both names as they are compared.
  let lowercasedName: [UInt8]
  let lowercasedFailedName: [UInt8]
}
