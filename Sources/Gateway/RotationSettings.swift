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
  /// Held at once for one secret file; beyond it 503.
  public var holdDeliveriesMax = 256
  /// The same, of their bodies.
  public var holdBytesMax = 33_554_432
  /// For so long at most a replaced secret verifies what was signed before the rotation.
  public var previousAcceptedSeconds = 900
  /// How far the sender's clock may be from ours, where it matters what was signed before.
  public var clockSkewSeconds = 60
  /// Between the journal and the call, for a shared folder to spread.
  public var spreadSeconds = 0

  public init() {}
}
