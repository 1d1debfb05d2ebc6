/// Where deliveries of durable routes are kept, and how many: the settings under `store:`.
public struct StoreConfiguration: Sendable, Equatable {
  public var sqlite = "/var/lib/vesigate/queue.db"
  public var sealKeyFile = "/var/lib/vesigate/seal.key"
  public var bytesMax = 1 << 30
  public var deliveriesMax = 1_000_000
  public var diskFreeBytesMin = 256 << 20
  public var commitSecondsMax = 5
  /// Attempts under way at once, of all routes together.
  public var attemptsMax = 64
  public var dedupeKeysMax = 5_000_000
  public var deliveredBodyHours = 24
  public var deliveredHours = 168
  public var deadHours = 720

  public init() {}
}

/// The numbers under `store:`.
extension NumberSetting where Owner == StoreConfiguration {
  static var all: [NumberSetting] {
    [
      NumberSetting(key: "bytes-max", range: 65_536...1_099_511_627_776, field: \.bytesMax),
      NumberSetting(key: "deliveries-max", range: 1...100_000_000, field: \.deliveriesMax),
      NumberSetting(key: "disk-free-bytes-min", range: 0...1_099_511_627_776, field: \.diskFreeBytesMin),
      NumberSetting(key: "commit-seconds-max", range: 1...60, field: \.commitSecondsMax),
      NumberSetting(key: "attempts-max", range: 1...10_000, field: \.attemptsMax),
      NumberSetting(key: "dedupe-keys-max", range: 1...100_000_000, field: \.dedupeKeysMax),
      NumberSetting(key: "delivered-body-hours", range: 0...8_760, field: \.deliveredBodyHours),
      NumberSetting(key: "delivered-hours", range: 1...8_760, field: \.deliveredHours),
      NumberSetting(key: "dead-hours", range: 1...87_600, field: \.deadHours),
    ]
  }
}

/// Reads `store:`.
enum StoreSectionReader {
  static func read(_ reader: NodeReader) -> StoreConfiguration {
    var store = StoreConfiguration()
    guard let fields = reader.mapping(Schema.store, "a mapping such as {sqlite: /var/lib/vesigate/queue.db}")
    else { return store }
    store.sqlite = fields["sqlite"]?.absolutePath() ?? store.sqlite
    store.sealKeyFile = fields["seal-key-file"]?.absolutePath() ?? store.sealKeyFile
    fields.readNumbers(NumberSetting.all, into: &store)
    if store.sealKeyFile.hasPrefix(store.sqlite) {
      fields.refuse(
        "seal-key-file", "must be a file of its own: \(store.sqlite) is the store's, with its companions")
    }
    if store.deliveredBodyHours > store.deliveredHours {
      fields.refuse(
        "delivered-body-hours", "must not be more than delivered-hours, which is \(store.deliveredHours)")
    }
    return store
  }
}
