/// How a route's secret is replaced at its provider, and how deliveries are held meanwhile.
public struct RotationSettings: Sendable, Equatable {
  /// A built-in provider's name.
  public var provider = "vesicash"
  /// The API's base URL.
  public var api = ""
  public var apiKeyFile = ""
  public var publicKeyFile: String?
  /// A delivery is held no longer than this.
  public var holdSecondsMax = 8
  public var holdDeliveriesMax = 256
  public var holdBytesMax = 33_554_432
  public var previousAcceptedSeconds = 900
  public var clockSkewSeconds = 60
  /// Between the journal and the call, for a shared folder to spread.
  public var spreadSeconds = 0

  public init() {}
}
