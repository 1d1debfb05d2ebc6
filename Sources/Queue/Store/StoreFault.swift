internal import Glibc

/// What went wrong with the store.
public enum StoreFault: Error, Sendable, Equatable {
  /// The file system, or a quota, is full.
  case full
  /// fsync failed: the kernel has dropped what it could not write, and would call a second one a success.
  case sync
  /// Reading or writing failed; SQLite's extended code.
  case io(Int32)
  /// The file is no database, or a damaged one.
  case corrupt
  /// Somebody else holds a lock on the file for longer than it is waited for.
  case busy
  /// A row contradicts the schema: a mistake of this program's.
  case constraint(String)
  /// Its path does not lead to it any more; as a sentence.
  case moved(String)
  /// What a start or reopening is refused for, as a sentence.
  case refused(String)
  /// Without the key that sealed what is there nothing of it can be proven; as a sentence.
  case unproven(String)
  /// Anything else; SQLite's code and sentence.
  case other(Int32, String)

  /// For a metric's label.
  public var kind: String {
    switch self {
    case .full: "full"
    case .sync: "sync"
    case .io: "io"
    case .corrupt: "corrupt"
    case .busy: "busy"
    case .constraint: "constraint"
    case .moved: "moved"
    case .refused: "refused"
    case .unproven: "unproven"
    case .other: "other"
    }
  }

  public var sentence: String {
    switch self {
    case .full: "the file system of the store is full"
    case .sync: "the store could not be made durable: fsync failed"
    case .io(let code): "the store cannot be read or written (SQLite's code \(code))"
    case .corrupt:
      "the store is damaged: vesigate queue salvage has what is whole of it; then restore a copy, or move it aside"
    case .busy: "the store is locked by another program"
    case .constraint(let message): "the store refuses a row: \(message)"
    case .moved(let sentence), .refused(let sentence), .unproven(let sentence): sentence
    case .other(let code, let message): "the store failed: \(message) (SQLite's code \(code))"
    }
  }

  /// Whether opening the file anew can help.
  public var heals: Bool { self != .corrupt }

  /// Whether a start goes on without the store: routes that are not durable have no part in what has failed. What a
  /// setting or a second daemon is to blame for, whoever starts it should hear at once.
  public var leavesOthersServed: Bool { if case .refused = self { false } else { true } }
}

extension StoreFault {
  /// - Parameter code: an `errno`.
  static func text(_ code: Int32) -> String { String(cString: strerror(code)) }

  /// SQLite's code for a statement that its progress handler has ended.
  var isInterrupt: Bool { if case .other(9, _) = self { true } else { false } }
}
