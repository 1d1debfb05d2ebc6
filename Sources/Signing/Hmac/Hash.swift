/// The hash functions that webhook senders put under their HMAC.
public enum Hash: String, Sendable, CaseIterable {
  case sha256
  case sha512

  /// OpenSSL's name of the algorithm.
  var algorithmName: String {
    switch self {
    case .sha256: "SHA256"
    case .sha512: "SHA512"
    }
  }

  public var digestBytes: Int {
    switch self {
    case .sha256: 32
    case .sha512: 64
    }
  }
}
