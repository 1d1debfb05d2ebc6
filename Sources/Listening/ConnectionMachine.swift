internal import Formats
internal import Gateway
internal import HTTP

/// What one sender's connection is doing, until when it may, and what comes next.
///
/// It does no I/O and knows no clock: what was read, written and missed is told to it, and `Connection` carries out
/// what it says.
struct ConnectionMachine {
  enum Phase: Equatable {
    /// Between deliveries, or within a head.
    case waiting
    case collecting
    /// The request is complete, its answer is not.
    case answering
    /// The last answer was written; what still comes is thrown away until the sender closes too.
    case lingering
    case closed
  }

  /// Which of the bounded places it has for as long as it is open.
  enum Place {
    /// It is closed with its answer.
    case none
    /// One of `connections-max`.
    case sender
    /// One of those beyond it that may linger behind their answer.
    case refused
  }

  enum Step: Equatable {
    case nothing
    case close
    /// The sender has left in the middle of a delivery.
    case abandon
    case refuse(Rejection)
    /// To be closed without a word, but counted.
    case end(at: ConnectionBound)
    /// To be cut off, so that the sender cannot take what it got for the whole.
    case reset(at: ConnectionBound)
    /// The next request may be read.
    case next
    /// The same, once the kernel has taken all that was written.
    case nextOnceTaken
    /// The last answer: to `linger` once the kernel has taken all that was written.
    case lingerOnceTaken
  }

  /// What is read, and for how long, of a sender that goes on sending after its last answer. Closing would reset
  /// the connection, and the answer could be lost with it: many clients listen only when all of a body is away.
  static let lingeringBytesMax = 67_108_864
  static let lingeringSecondsMax = 5
  /// For how long such a sender may be silent.
  static let lingeringSilenceSecondsMax = 1
  /// Connections beyond `connections-max` that are read on at once. More would be open without being counted, and
  /// take the descriptors that deliveries need.
  static let lingeringRefusedMax = 64
  static let lingeringRefusedSecondsMax = 1
  /// Answers between two looks at whether they are taken: looking is dear, and an honest sender takes one before it
  /// sends the next delivery.
  static let repliesUnwatchedMax = 16

  private(set) var phase = Phase.waiting
  private(set) var deadline: Deadline
  private(set) var isInputClosed = false
  private var place = Place.none
  private var lingeringBytes = 0
  /// Until when a sender is read that goes on sending.
  private var lingeringEnd = Deadline.none
  /// How much of an answer the sender had not taken at the last look.
  private var bytesWaiting = 0
  /// Answers since it was looked at whether they are taken.
  private var repliesUnwatched = 0

  init(idleSecondsMax: Int, at now: Moment) {
    deadline = Deadline(.idle, seconds: idleSecondsMax, from: now)
  }

  // MARK: Its place

  mutating func took(_ place: Place) { self.place = place }

  /// It is closed: what it had is to be given back.
  mutating func closed() -> Place {
    phase = .closed
    defer { place = .none }
    return place
  }

  // MARK: Requests

  /// Whether requests are read.
  var isReading: Bool { phase == .waiting || phase == .collecting }

  /// While a delivery is on its way and something was sent ahead of its answer, nothing more is read: it
  /// waits in the kernel.
  func holdsBack(hasUnread: Bool) -> Bool { phase == .answering && hasUnread }

  /// A head was read: its body may take so long.
  mutating func requestBegan(bodySecondsMax: Int, at now: Moment) {
    phase = .collecting
    deadline = Deadline(.body, seconds: bodySecondsMax, from: now)
  }

  /// False for a delivery that was refused in its last part: it has been answered already.
  mutating func requestEnded() -> Bool {
    guard phase == .collecting else { return false }
    phase = .answering
    deadline = .none
    return true
  }

  /// All that came was read, as far as it goes.
  mutating func wasRead(
    isWithinHead: Bool, headSecondsMax: Int, at now: @autoclosure () -> Moment
  ) -> Step {
    if isInputClosed, isReading { return afterInput }
    if phase == .waiting, isWithinHead, deadline.kind != .head {
      deadline = Deadline(.head, seconds: headSecondsMax, from: now())
    }
    return .nothing
  }

  /// The sender has said its last.
  mutating func inputEnded() -> Step {
    isInputClosed = true
    return afterInput
  }

  /// A sender that half-closes after a complete request still wants its answer.
  private var afterInput: Step {
    switch phase {
    case .answering: .nothing
    case .waiting, .lingering, .closed: .close
    case .collecting: .abandon
    }
  }

  // MARK: Answers

  /// An answer has begun that is handed on in parts.
  mutating func replyBegan(replySecondsMax: Int, at now: Moment) {
    deadline = Deadline(.reply, seconds: replySecondsMax, from: now)
  }

  /// An answer was written to its end.
  ///
  /// - Parameter untaken: bytes of answers for which the kernel has no room; asked now and then.
  mutating func replied(
    closes: Bool, isWritable: Bool, untaken: @autoclosure () -> Int, replySecondsMax: Int,
    idleSecondsMax: Int, at now: Moment
  ) -> Step {
    guard phase != .closed else { return .nothing }
    // The kernel has room for a refusal on a connection on which nothing was said yet.
    if closes, place == .none { return .close }
    guard closes || hasUntaken(isWritable, untaken()) else {
      return awaitNext(idleSecondsMax: idleSecondsMax, at: now)
    }
    phase = .answering
    deadline = Deadline(.reply, seconds: replySecondsMax, from: now)
    return closes ? .lingerOnceTaken : .nextOnceTaken
  }

  /// Without this a sender that reads nothing could have answers without end kept for it.
  private mutating func hasUntaken(_ isWritable: Bool, _ untaken: @autoclosure () -> Int) -> Bool {
    repliesUnwatched += 1
    guard repliesUnwatched >= Self.repliesUnwatchedMax || !isWritable else { return false }
    repliesUnwatched = 0
    return untaken() > 0
  }

  /// The sender has its answer, and may send the next delivery.
  mutating func awaitNext(idleSecondsMax: Int, at now: Moment) -> Step {
    guard phase != .closed else { return .nothing }
    phase = .waiting
    deadline = Deadline(.idle, seconds: idleSecondsMax, from: now)
    return .next
  }

  // MARK: After the last answer

  /// Our side is shut, what the sender still sends is thrown away for a while.
  mutating func linger(at now: Moment) -> Step {
    guard phase != .closed else { return .nothing }
    phase = .lingering
    let seconds = place == .refused ? Self.lingeringRefusedSecondsMax : Self.lingeringSecondsMax
    lingeringEnd = Deadline(.lingering, seconds: seconds, from: now)
    awaitMore(now)
    return isInputClosed ? .close : .nothing
  }

  mutating func swallowed(_ count: Int, at now: Moment) -> Step {
    lingeringBytes += count
    if lingeringBytes > Self.lingeringBytesMax { return .end(at: .lingeringBytes) }
    awaitMore(now)
    return .nothing
  }

  private mutating func awaitMore(_ now: Moment) {
    let silence = Deadline(.lingering, seconds: Self.lingeringSilenceSecondsMax, from: now)
    deadline = silence.isBefore(lingeringEnd) ? silence : lingeringEnd
  }

  // MARK: Time

  /// A sender that takes its answer, however slowly, is left alone; one that takes nothing is not.
  ///
  /// - Parameter untaken: bytes for which the kernel has no room; nil where nobody can tell.
  mutating func extendReply(untaken: @autoclosure () -> Int?, replySecondsMax: Int, at now: Moment) {
    guard deadline.kind == .reply, let waiting = untaken() else { return }
    if waiting < bytesWaiting || waiting == 0 {
      deadline = Deadline(.reply, seconds: replySecondsMax, from: now)
    }
    bytesWaiting = waiting
  }

  /// What follows where its time is up.
  func expired(at now: Moment) -> Step {
    guard deadline.isOver(now) else { return .nothing }
    return switch deadline.kind {
    case .none: .nothing
    case .idle: .end(at: .idle)
    case .lingering: .end(at: .lingeringSeconds)
    case .head: .refuse(.headTimeout)
    case .body: .refuse(.bodyTimeout)
    case .reply: .reset(at: .reply)
    }
  }
}
