internal import Gateway
internal import Glibc

/// Puts a page together of deliveries that come the newest first.
struct RecentSearch {
  private let filter: RecentDeliveries.Filter
  private let limit: Int
  private let bodyBytesMax: Int
  private let text: [UInt8]?
  private var bodyBytes = 0
  private var last: UInt64?
  private(set) var page = RecentDeliveries.Page()

  /// - Parameter bodyBytesMax: of bodies that are looked through for a text; the first one is in any case.
  init(_ filter: RecentDeliveries.Filter, limit: Int, bodyBytesMax: Int) {
    self.filter = filter
    self.limit = limit
    self.bodyBytesMax = bodyBytesMax
    text = filter.text.map { Array($0.utf8) }
  }

  /// False where the page is full, or the search at its bound.
  mutating func take(_ delivery: RecentDeliveries.Delivery) -> Bool {
    guard filter.admits(delivery) else { return true }
    if let text {
      let body = delivery.content?.body ?? []
      guard bodyBytes == 0 || bodyBytes + body.count <= bodyBytesMax else {
        page.isCut = true
        page.before = last
        return false
      }
      (bodyBytes, last) = (bodyBytes + body.count, delivery.number)
      if delivery.content != nil { page.looked += 1 }
      guard body.contains(text) else { return true }
    }
    guard page.deliveries.count < limit else {
      page.before = page.deliveries.last?.number
      return false
    }
    page.deliveries.append(delivery)
    return true
  }
}

extension RecentDeliveries.Filter {
  /// Whether all but the text lets it through.
  func admits(_ delivery: RecentDeliveries.Delivery) -> Bool {
    if let outcome, outcome == "verified" ? !delivery.isVerified : delivery.outcome != outcome {
      return false
    }
    if let id, !delivery.requestID.hasPrefix(id), !(delivery.delivery?.hasPrefix(id) ?? false) {
      return false
    }
    return (route == nil || route == delivery.route) && (status == nil || status == delivery.status)
      && (reason == nil || reason == delivery.reason) && (since ?? .min) <= delivery.at
      && delivery.at < (until ?? .max)
  }
}

extension [UInt8] {
  /// Whether these bytes stand somewhere in it.
  fileprivate func contains(_ text: [UInt8]) -> Bool {
    guard let first = text.first else { return true }
    return withUnsafeBytes { all in
      text.withUnsafeBytes { text in
        guard var rest = all.baseAddress, let wanted = text.baseAddress else { return false }
        let end = rest + all.count
        // To each place where it could begin.
        while end - rest >= text.count, let place = memchr(rest, Int32(first), end - rest - text.count + 1) {
          if memcmp(place, wanted, text.count) == 0 { return true }
          rest = UnsafeRawPointer(place) + 1
        }
        return false
      }
    }
  }
}
