/// Deliveries of one route, in their order.
struct RecentQueue {
  /// Those that were taken away leave nil at the front, until it is worth the while to move the rest.
  private var places: [RecentEntry?] = []
  private var head = 0
  /// Below it none has its content.
  private var bare = 0
  private(set) var contentBytes = 0

  var count: Int { places.count - head }

  mutating func append(_ entry: RecentEntry) {
    places.append(entry)
    contentBytes += entry.delivery.content?.bytes ?? 0
  }

  mutating func removeFirst() -> RecentEntry? {
    guard head < places.count else { return nil }
    let entry = places[head]
    places[head] = nil
    head += 1
    contentBytes -= entry?.delivery.content?.bytes ?? 0
    if head > 64, head > places.count / 2 {
      places.removeFirst(head)
      bare = max(bare - head, 0)
      head = 0
    }
    return entry
  }

  /// - Returns: the oldest that had its content, as it was with it; nil where none has.
  mutating func takeContent() -> RecentEntry? {
    bare = max(bare, head)
    while bare < places.count {
      defer { bare += 1 }
      guard let entry = places[bare], let content = entry.delivery.content else { continue }
      places[bare] = entry.withoutContent
      contentBytes -= content.bytes
      return entry
    }
    return nil
  }

  func entries(before number: UInt64) -> [RecentEntry] {
    places[head...].compactMap { $0 }.filter { $0.delivery.number < number }
  }

  func first(where isMeant: (RecentDeliveries.Delivery) -> Bool) -> RecentDeliveries.Delivery? {
    for case let entry? in places[head...] where isMeant(entry.delivery) { return entry.delivery }
    return nil
  }
}
