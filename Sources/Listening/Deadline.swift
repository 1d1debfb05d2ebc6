internal import Formats

/// Until when a connection may stay in what it is doing.
struct Deadline {
  enum Kind {
    case none
    /// Open without a request.
    case idle
    /// Within a request's head.
    case head
    /// Within a request's body.
    case body
    /// The sender has not taken all of its answer.
    case reply
    /// Closed on our side.
    case lingering
  }

  let kind: Kind
  private let uptimeNanoseconds: UInt64

  static let none = Deadline(kind: .none, uptimeNanoseconds: .max)

  private init(kind: Kind, uptimeNanoseconds: UInt64) {
    self.kind = kind
    self.uptimeNanoseconds = uptimeNanoseconds
  }

  init(_ kind: Kind, seconds: Int, from now: Moment) {
    self.init(kind: kind, uptimeNanoseconds: now.uptimeNanoseconds + UInt64(seconds) * 1_000_000_000)
  }

  func isBefore(_ other: Deadline) -> Bool { uptimeNanoseconds < other.uptimeNanoseconds }

  func isOver(_ now: Moment) -> Bool { now.uptimeNanoseconds >= uptimeNanoseconds }
}
