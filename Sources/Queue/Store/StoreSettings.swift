public import Formats
internal import Gateway

/// What a store is told when it is opened; the names are the configuration's.
public struct StoreSettings: Sendable {
  /// The database's file; `-wal`, `-shm` and `.lock` stand beside it.
  public var sqlite: String
  public var sealKeyFile: String
  /// Of what is not delivered yet; beyond it deliveries are refused.
  public var bytesMax: Int64 = 1 << 30
  public var deliveriesMax = 1_000_000
  public var diskFreeBytesMin: Int64 = 256 << 20
  /// How long a delivery may wait for a transaction to take it in.
  public var commitSecondsMax = 5.0
  public var dedupeKeysMax = 5_000_000
  /// How long bodies, then all that is known, of what was delivered or cancelled are kept.
  public var deliveredBodyHours = 24
  public var deliveredHours = 168
  public var deadHours = 720
  /// The longest wait of any route's policy, which a reload may change: what is due later than twice that was
  /// written by a wrong clock.
  public var longestDelayMilliseconds: @Sendable () -> Int64 = { RetryPolicy().longestDelayMilliseconds }
  /// How long a route's quarantine keeps what nothing verifies; a reload may change it.
  public var quarantineHours: @Sendable (_ route: String) -> Int = { _ in
    DurableSettings.Quarantine.hoursUnlessSaid
  }

  /// The log is moved into the file when it is this long, or when nothing was written for so long.
  public var checkpointBytes = 4 << 20
  public var checkpointIdleSeconds = 1.0
  /// Behind a failure the file is opened anew, first after this long, then twice that, up to a minute.
  public var reopenSeconds = 1.0
  public var housekeepingSeconds = 60.0

  /// Reads both clocks.
  public var clock: @Sendable () -> Moment

  public init(sqlite: String, sealKeyFile: String, clock: @escaping @Sendable () -> Moment) {
    self.sqlite = sqlite
    self.sealKeyFile = sealKeyFile
    self.clock = clock
  }
}
