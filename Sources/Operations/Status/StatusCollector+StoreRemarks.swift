internal import Telemetry

/// What of the store should not stay so.
extension StatusCollector {
  private static let remarksMax = 8

  var storeRemarks: [String] {
    guard let store = gateway.storeStatus else { return [] }
    return trouble(of: store) + dead(store) + orphaned(store) + replays(store)
  }

  /// What waits for somebody; one that runs is nothing to be told of.
  private func replays(_ store: StatusSnapshot.Store) -> [String] {
    let count = { (name: String) in store.replays.first { $0.state == name }?.count ?? 0 }
    let (paused, failing) = (count("paused"), count("failing"))
    let counts = [(failing, "has paused itself: what it moved died again"), (paused, "is paused")]
    return counts.filter { $0.0 > 0 }.map { count, what in
      "\(count) \(count == 1 ? "replay" : "replays, each of which") \(what): vesigate queue replays"
    }
  }

  private func trouble(of store: StatusSnapshot.Store) -> [String] {
    if let fault = store.fault { return ["the store cannot be used, durable routes answer 503: \(fault)"] }
    guard !store.isDiskLow else {
      return ["the store's file system is nearly full, durable routes answer 503"]
    }
    // So that somebody comes before senders are refused.
    return store.heldBytes > store.bytesMax / 5 * 4
      ? ["the store is more than four fifths full: beyond bytes-max durable routes answer 503"] : []
  }

  private func dead(_ store: StatusSnapshot.Store) -> [String] {
    let command = "vesigate queue list --state dead"
    let counts = store.lanes.map { ($0.route, $0.count("dead")) }.filter { $0.1 > 0 }
    let routes = Dictionary(counts, uniquingKeysWith: +).sorted { $0.key < $1.key }
    let more = routes.count - Self.remarksMax
    return routes.prefix(Self.remarksMax).map { "queue of \($0.key): \($0.value) DEAD: \(command)" }
      + (more > 0 ? ["\(more) more routes with DEAD ones: \(command)"] : [])
  }

  /// What has lost its route, or its upstream: nothing else would show that it waits.
  private func orphaned(_ store: StatusSnapshot.Store) -> [String] {
    let command = "vesigate queue list --state orphaned"
    let sentences = store.lanes.filter { $0.count("orphaned") > 0 }.map { lane in
      let name = lane.upstream.isEmpty ? lane.route : "\(lane.route) for \(lane.upstream)"
      return "\(lane.count("orphaned")) ORPHANED of \(name), which is not configured: \(command)"
    }
    let more = sentences.count - Self.remarksMax
    return sentences.prefix(Self.remarksMax)
      + (more > 0 ? ["\(more) more with ORPHANED ones: \(command)"] : [])
  }
}
