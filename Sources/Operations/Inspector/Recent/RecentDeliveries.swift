public import Gateway
internal import Synchronization

/// Deliveries that were over lately, so that the inspector has something to show of routes without a store: facts of
/// all, bodies of those routes that say so. It is bounded in number and in bytes. Where there is no room, the oldest of
/// the route that has most gives way: a busy route does not push out what a quiet one had. What was refused has what
/// the verified leave, a quarter in any case, and never pushes out what was verified.
public final class RecentDeliveries: Sendable {
  /// Bodies that a search looks through, bytes.
  static let searchedBytesMax = 32 << 20

  private let isBegun = Atomic<Bool>(false)
  private let shelves: Mutex<RecentShelves>

  /// - Parameters:
  ///   - deliveriesMax: of all routes together.
  ///   - bytesMax: what those take with their bodies.
  public init(deliveriesMax: Int = 1_000, bytesMax: Int = 16 << 20) {
    shelves = Mutex(RecentShelves(deliveriesMax: deliveriesMax, bytesMax: bytesMax))
  }

  /// Before it nothing is kept, and nothing but a look at a flag is done for a delivery.
  public func begin() { isBegun.store(true, ordering: .relaxed) }

  public var hasBegun: Bool { isBegun.load(ordering: .relaxed) }

  // MARK: On event loops

  /// - Parameter unixMilliseconds: is asked for where it is needed.
  public func show(_ record: DeliveryRecord, at unixMilliseconds: () -> Int64) {
    guard isBegun.load(ordering: .relaxed) else { return }
    keep(Delivery(record, at: unixMilliseconds()))
  }

  /// Gives it its number.
  func keep(_ delivery: Delivery) {
    // What has given way is freed when the others may go on.
    let gone = shelves.withLock { $0.keep(delivery) }
    _ = gone
  }

  // MARK: For pages

  /// The newest first.
  ///
  /// - Parameter before: the number that the page before ended with.
  public func list(_ filter: Filter = Filter(), before: UInt64? = nil, limit: Int) -> Page {
    var search = RecentSearch(filter, limit: limit, bodyBytesMax: Self.searchedBytesMax)
    for entry in shelves.withLock({ $0.entries(before: before ?? .max) }).sorted(by: RecentEntry.isNewer) {
      guard search.take(entry.delivery) else { break }
    }
    return search.page
  }

  /// Nil where there is none, or no longer.
  public func find(_ number: UInt64) -> Delivery? {
    shelves.withLock { $0.first { $0.number == number } }
  }

  /// Likewise, by the id that its request had here.
  public func find(requestID: String) -> Delivery? {
    shelves.withLock { $0.first { $0.requestID == requestID } }
  }
}
