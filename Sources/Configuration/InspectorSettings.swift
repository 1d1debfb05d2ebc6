/// The inspector: the page on which operators see deliveries. The settings under `inspector:`.
public struct InspectorSettings: Sendable {
  /// Where it is opened; never `systemd`.
  public var listen = InspectorSettings.listenDefault
  /// Names by which it may be asked beside localhost's, in lower case, without a port.
  public var hosts: [String] = []
  /// Whether anything can be changed from its pages. Without a word on it: over the unix socket alone.
  public var actions = true
  /// Kept in memory, of all routes together; the oldest give way.
  public var recentDeliveriesMax = 1_000
  /// What those take with their bodies.
  public var recentBytesMax = 16 << 20
  /// Whether the file, or the environment, has a word on it. Without one nothing is kept until a page is opened.
  public var isConfigured = false

  /// Who sees bodies is decided here: nobody but the daemon's user and root. The admin socket's group sees metrics.
  public static let unixModeDefault = 0o600
  /// As with the admin socket, a start that cannot have it there goes on with a notice.
  public static let listenDefault = ListenAddress.unix(
    path: "/run/vesigate/inspector.sock", mode: unixModeDefault, group: nil)
  /// More are a mistake.
  public static let hostsMax = 16

  public init() {}
}

extension InspectorSettings: Equatable {
  /// By what they say: the defaults are the same whether a file spells them out or not.
  public static func == (one: InspectorSettings, other: InspectorSettings) -> Bool {
    one.listen == other.listen && one.hosts == other.hosts && one.actions == other.actions
      && one.recentDeliveriesMax == other.recentDeliveriesMax && one.recentBytesMax == other.recentBytesMax
  }
}

/// The numbers under `inspector:`.
extension NumberSetting where Owner == InspectorSettings {
  static var all: [NumberSetting] {
    [
      NumberSetting(key: "recent-deliveries-max", range: 1...100_000, field: \.recentDeliveriesMax),
      NumberSetting(key: "recent-bytes-max", range: 65_536...1_073_741_824, field: \.recentBytesMax),
    ]
  }
}
