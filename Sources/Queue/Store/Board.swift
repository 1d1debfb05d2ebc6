/// How the store is, for everybody to read.
final class Board: Sendable {
  private let status = Monitor(StoreStatus(), bells: 0)

  func read() -> StoreStatus { status.withLock { $0 } }

  func write(_ change: (inout StoreStatus) -> Void) { status.withLock { change(&$0) } }
}
