/// What became of deliveries in the quarantine.
public enum QuarantineResult: String, Sendable, CaseIterable {
  case kept
  /// Verified by other secrets, and queued.
  case released
  /// Pushed out by a newer one, left out because there were too many, thrown away, or not what was kept.
  case evicted
  /// Nothing has verified it for as long as it is kept.
  case expired
  /// Kept already when it came, or delivered already when it was released.
  case duplicate
}

/// What lies in the quarantine, and what has become of it.
public struct QuarantineCounters: Sendable, Equatable {
  /// Deliveries that the same secrets judged last.
  public struct Group: Sendable, Hashable {
    public let route: String
    public let judgement: Int64
  }

  public struct Amount: Sendable, Equatable {
    public internal(set) var deliveries = 0
    public internal(set) var bytes: Int64 = 0
  }

  public struct Result: Sendable, Hashable {
    public let route: String
    public let result: QuarantineResult

    public init(route: String, result: QuarantineResult) {
      self.route = route
      self.result = result
    }
  }

  public internal(set) var kept: [Group: Amount] = [:]
  /// Since the process began.
  public internal(set) var results: [Result: UInt64] = [:]
  /// Of those that were evicted, what somebody wanted gone, or what was not what was kept; by route.
  public internal(set) var dropped: [String: UInt64] = [:]

  public init() {}

  public func kept(_ route: String) -> Amount {
    kept.reduce(into: Amount()) { sum, group in
      guard group.key.route == route else { return }
      sum.deliveries += group.value.deliveries
      sum.bytes += group.value.bytes
    }
  }

  public var routes: Set<String> { Set(kept.keys.map(\.route)) }

  /// Whether there is something of the route that these secrets have not judged.
  public func awaits(_ judgement: Int64, of route: String) -> Bool {
    kept.keys.contains { $0.route == route && $0.judgement != judgement }
  }

  mutating func add(_ route: String, _ judgement: Int64, deliveries: Int = 1, bytes: Int64) {
    let group = Group(route: route, judgement: judgement)
    var amount = kept[group] ?? Amount()
    amount.deliveries += deliveries
    amount.bytes += bytes
    kept[group] = amount.deliveries > 0 ? amount : nil
  }

  mutating func count(_ route: String, _ result: QuarantineResult, _ count: Int = 1) {
    guard count > 0 else { return }
    results[Result(route: route, result: result), default: 0] += UInt64(count)
  }
}
