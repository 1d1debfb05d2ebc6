/// Deliveries that give way to each other only: of each route in a queue, the oldest at its head.
struct RecentShelf {
  /// By route; of those that matched none under an empty name.
  private var queues: [String: RecentQueue] = [:]
  private(set) var count = 0
  private(set) var bytes = 0

  mutating func add(_ entry: RecentEntry) {
    count += 1
    bytes += entry.bytes
    queues[Self.name(entry), default: RecentQueue()].append(entry)
  }

  /// Takes the oldest of its own route away where that has its share, otherwise of the route that has most.
  mutating func removeOne(for entry: RecentEntry) -> RecentEntry? {
    let own = Self.name(entry)
    let hasShare = (queues[own]?.count ?? 0) * queues.count >= count
    guard let name = hasShare ? own : queues.max(by: { $0.value.count < $1.value.count })?.key,
      let old = queues[name]?.removeFirst()
    else { return nil }
    if queues[name]?.count == 0 { queues[name] = nil }
    count -= 1
    bytes -= old.bytes
    return old
  }

  /// Takes the oldest content of the route whose contents take most.
  ///
  /// - Returns: the delivery as it was with it; nil where there is none.
  mutating func takeContent() -> RecentEntry? {
    guard let name = queues.max(by: { $0.value.contentBytes < $1.value.contentBytes })?.key,
      let before = queues[name]?.takeContent()
    else { return nil }
    bytes -= before.delivery.content?.bytes ?? 0
    return before
  }

  func entries(before number: UInt64) -> [RecentEntry] {
    queues.values.flatMap { $0.entries(before: number) }
  }

  func first(where isMeant: (RecentDeliveries.Delivery) -> Bool) -> RecentDeliveries.Delivery? {
    for queue in queues.values {
      if let found = queue.first(where: isMeant) { return found }
    }
    return nil
  }

  private static func name(_ entry: RecentEntry) -> String { entry.delivery.route ?? "" }
}
