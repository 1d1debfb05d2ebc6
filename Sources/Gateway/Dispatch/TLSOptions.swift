/// What an https upstream is held to. Certificate and name are always verified.
public struct TLSOptions: Sendable, Equatable {
  public enum Version: String, Sendable, CaseIterable {
    case tls12 = "1.2"
    case tls13 = "1.3"
  }

  /// PEM file of authorities; nil is the system's.
  public var caFile: String?
  /// PEM files of this gateway's own certificate and key, both or neither.
  public var certificateFile: String?
  public var keyFile: String?
  public var versionMin = Version.tls12

  public init() {}
}
