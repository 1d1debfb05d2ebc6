/// What is kept, and what gives way: of deliveries that were verified, and of others.
struct RecentShelves {
  private let deliveriesMax: Int
  private let bytesMax: Int
  private var verified = RecentShelf()
  private var others = RecentShelf()
  private var lastNumber: UInt64 = 0

  init(deliveriesMax: Int, bytesMax: Int) {
    self.deliveriesMax = deliveriesMax
    self.bytesMax = bytesMax
  }

  /// The rest is for the others, in any case.
  private var verifiedMax: Int { deliveriesMax - deliveriesMax / 4 }
  private var verifiedBytesMax: Int { bytesMax - bytesMax / 4 }

  /// - Returns: what has given way; it may be the new one.
  mutating func keep(_ delivery: RecentDeliveries.Delivery) -> [RecentEntry] {
    lastNumber += 1
    var delivery = delivery
    delivery.number = lastNumber
    // One that takes the place of all others tells least.
    let isHuge = (delivery.content?.bytes ?? 0) > bytesMax / 4
    let entry = isHuge ? RecentEntry(delivery).withoutContent : RecentEntry(delivery)
    var gone: [RecentEntry] = []
    if delivery.isVerified {
      verified.add(entry)
      while verified.bytes > verifiedBytesMax, let bare = verified.takeContent() { gone.append(bare) }
      while verified.count > verifiedMax || verified.bytes > verifiedBytesMax,
        let old = verified.removeOne(for: entry)
      {
        gone.append(old)
      }
    } else {
      others.add(entry)
    }
    while count > deliveriesMax || bytes > bytesMax, let old = others.removeOne(for: entry) {
      gone.append(old)
    }
    return gone
  }

  var count: Int { verified.count + others.count }
  var bytes: Int { verified.bytes + others.bytes }

  /// Those before a number, in no order.
  func entries(before number: UInt64) -> [RecentEntry] {
    verified.entries(before: number) + others.entries(before: number)
  }

  func first(where isMeant: (RecentDeliveries.Delivery) -> Bool) -> RecentDeliveries.Delivery? {
    verified.first(where: isMeant) ?? others.first(where: isMeant)
  }
}

/// One that is kept. It never changes, so that whoever makes a list keeps no loop waiting.
final class RecentEntry: Sendable {
  /// What one takes beside what it tells, about.
  private static let ownBytes = 512

  let delivery: RecentDeliveries.Delivery
  let bytes: Int

  init(_ delivery: RecentDeliveries.Delivery) {
    self.delivery = delivery
    bytes =
      Self.ownBytes + delivery.path.utf8.count + (delivery.detail?.utf8.count ?? 0)
      + (delivery.content?.bytes ?? 0)
  }

  /// Itself where it has none.
  var withoutContent: RecentEntry {
    guard delivery.content != nil else { return self }
    var delivery = delivery
    delivery.content = nil
    delivery.hasLostContent = true
    return RecentEntry(delivery)
  }

  static func isNewer(_ one: RecentEntry, _ other: RecentEntry) -> Bool {
    one.delivery.number > other.delivery.number
  }
}
