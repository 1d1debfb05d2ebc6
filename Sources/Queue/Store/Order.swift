internal import Gateway

/// Why the store did not take something. Nothing of it is stored, unless the reason says that nobody knows.
public enum StoreRefusal: Error, Sendable, Equatable {
  /// As much waits for the apps as is allowed.
  case full
  /// The file system has less room than is kept free.
  case diskLow
  /// It waited for `commitSecondsMax` and no transaction had taken it in.
  case late
  /// The store has failed. What was in a transaction when that happened may be there when it is opened again, so the
  /// sender's retry may be a duplicate.
  case unusable(StoreFault)
  /// The process is ending.
  case closing

  /// For a metric's label, and for the log.
  public var label: String { KeepRefusal(self).rawValue }
}

extension KeepRefusal {
  init(_ refusal: StoreRefusal) {
    switch refusal {
    case .full: self = .full
    case .diskLow: self = .diskLow
    case .late: self = .late
    case .unusable: self = .unusable
    case .closing: self = .closing
    }
  }
}

/// One thing that the writer is to do within a transaction.
struct Order: Sendable {
  /// What the caller is told once the transaction is durable.
  typealias Answer = @Sendable () -> Void

  let caller: any StoreCaller
  /// Refused where no transaction has taken it in by then (monotonic, nanoseconds); nil waits however long that takes.
  let entersBefore: UInt64?
  /// Done again behind a failure: what it says has happened already, whether or not it was written down.
  let isKept: Bool
  /// Of memory that waits with it.
  let bytes: Int
  let perform: @Sendable (Ledger) throws(StoreFault) -> Answer
  let refuse: @Sendable (StoreRefusal) -> Void
}
