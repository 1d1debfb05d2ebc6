import Formats
import Gateway
import Testing

@testable import Listening

/// What a sender's connection does next, without a socket.
@Suite struct ConnectionMachineTests {
  // MARK: One delivery after the other

  @Test func `a delivery is read, answered, and the next one awaited`() {
    var machine = ConnectionMachine.opened()
    #expect(machine.isReading)
    machine.requestBegan(bodySecondsMax: 30, at: .after(0))
    #expect(machine.phase == .collecting && machine.isReading)
    let ends = machine.requestEnded()
    #expect(ends && machine.phase == .answering && !machine.isReading)
    #expect(machine.replied() == .next)
    #expect(machine.phase == .waiting && machine.isReading)
  }

  @Test func `a delivery that was refused in its last part has its answer already`() {
    var machine = ConnectionMachine.opened()
    machine.requestBegan(bodySecondsMax: 30, at: .after(0))
    #expect(machine.replied() == .next)
    let ends = machine.requestEnded()
    #expect(!ends && machine.phase == .waiting)
  }

  @Test func `what is sent ahead of an answer waits in the kernel, and nothing else does`() {
    var machine = ConnectionMachine.opened()
    #expect(!machine.holdsBack(hasUnread: true))
    machine.requestBegan(bodySecondsMax: 30, at: .after(0))
    #expect(!machine.holdsBack(hasUnread: true))
    _ = machine.requestEnded()
    #expect(machine.holdsBack(hasUnread: true))
    #expect(!machine.holdsBack(hasUnread: false))
  }

  // MARK: Half-closed

  @Test
  func `a sender that says its last before it asks for anything is closed, within its delivery given up`() {
    var machine = ConnectionMachine.opened()
    #expect(machine.inputEnded() == .close)
    machine = .opened()
    machine.requestBegan(bodySecondsMax: 30, at: .after(0))
    #expect(machine.inputEnded() == .abandon)
  }

  @Test func `behind a complete request it gets its answer, and what it sent ahead is read before the close`()
  {
    var machine = ConnectionMachine.answering()
    #expect(machine.inputEnded() == .nothing)
    #expect(machine.replied() == .next)
    #expect(machine.wasRead(isWithinHead: true, headSecondsMax: 10, at: .after(0)) == .close)
  }

  @Test func `a body that never ends ends with the sender's last word`() {
    var machine = ConnectionMachine.answering()
    _ = machine.inputEnded()
    _ = machine.replied()
    machine.requestBegan(bodySecondsMax: 30, at: .after(0))
    #expect(machine.wasRead(isWithinHead: false, headSecondsMax: 10, at: .after(0)) == .abandon)
  }

  // MARK: Deadlines

  @Test func `a connection without a request is closed when its time is up, and counted`() {
    let machine = ConnectionMachine.opened(idleSecondsMax: 75)
    #expect(machine.expired(at: .after(74.9)) == .nothing)
    #expect(machine.expired(at: .after(75)) == .end(at: .idle))
  }

  @Test func `a head has its time from its first byte on, however many bytes come`() {
    var machine = ConnectionMachine.opened(idleSecondsMax: 75)
    for seconds in [60.0, 65, 69] {
      #expect(machine.wasRead(isWithinHead: true, headSecondsMax: 10, at: .after(seconds)) == .nothing)
    }
    #expect(machine.expired(at: .after(69.9)) == .nothing)
    #expect(machine.expired(at: .after(70)) == .refuse(.headTimeout))
  }

  @Test func `an empty line begins no request`() {
    var machine = ConnectionMachine.opened(idleSecondsMax: 75)
    _ = machine.wasRead(isWithinHead: false, headSecondsMax: 10, at: .after(60))
    #expect(machine.expired(at: .after(70)) == .nothing)
  }

  @Test func `a body has its time from its head on, and the app's has none here`() {
    var machine = ConnectionMachine.opened()
    machine.requestBegan(bodySecondsMax: 30, at: .after(5))
    #expect(machine.expired(at: .after(34)) == .nothing)
    #expect(machine.expired(at: .after(35)) == .refuse(.bodyTimeout))
    _ = machine.requestEnded()
    #expect(machine.expired(at: .after(100_000)) == .nothing)
  }

  @Test func `a sender that takes of its answer is left alone, one that takes nothing is cut off`() {
    var machine = ConnectionMachine.answering()
    machine.replyBegan(replySecondsMax: 30, at: .after(0))
    // The first look knows no earlier one.
    machine.extendReply(untaken: 9_000, replySecondsMax: 30, at: .after(1))
    machine.extendReply(untaken: 8_999, replySecondsMax: 30, at: .after(20))
    #expect(machine.expired(at: .after(49.9)) == .nothing)
    machine.extendReply(untaken: 8_999, replySecondsMax: 30, at: .after(40))
    machine.extendReply(untaken: 9_500, replySecondsMax: 30, at: .after(45))
    #expect(machine.expired(at: .after(50)) == .reset(at: .reply))
  }

  @Test func `an answer that has been taken and goes on later is not late`() {
    var machine = ConnectionMachine.answering()
    machine.replyBegan(replySecondsMax: 30, at: .after(0))
    machine.extendReply(untaken: 0, replySecondsMax: 30, at: .after(29))
    machine.extendReply(untaken: nil, replySecondsMax: 30, at: .after(58))
    #expect(machine.expired(at: .after(58)) == .nothing)
    #expect(machine.expired(at: .after(59)) == .reset(at: .reply))
  }

  @Test func `what is untaken moves no deadline but that of an answer`() {
    var machine = ConnectionMachine.opened(idleSecondsMax: 75)
    machine.extendReply(untaken: 0, replySecondsMax: 30, at: .after(74))
    #expect(machine.expired(at: .after(75)) == .end(at: .idle))
  }

  // MARK: Answers that nobody takes

  @Test func `now and then it is asked whether answers are taken, and a sender that leaves them waits`() {
    var machine = ConnectionMachine.opened()
    var asked = 0
    func answer(untaken: Int) -> ConnectionMachine.Step {
      machine.requestBegan(bodySecondsMax: 30, at: .after(0))
      _ = machine.requestEnded()
      return machine.replied(
        closes: false, isWritable: true,
        untaken: {
          asked += 1
          return untaken
        }(), replySecondsMax: 30, idleSecondsMax: 75, at: .after(0))
    }
    for _ in 1..<ConnectionMachine.repliesUnwatchedMax { #expect(answer(untaken: 5) == .next) }
    #expect(asked == 0)
    #expect(answer(untaken: 0) == .next)
    for _ in 1..<ConnectionMachine.repliesUnwatchedMax { #expect(answer(untaken: 5) == .next) }
    #expect(answer(untaken: 5) == .nextOnceTaken)
    #expect(asked == 2)
    #expect(machine.phase == .answering && machine.holdsBack(hasUnread: true))
    #expect(machine.expired(at: .after(30)) == .reset(at: .reply))
    #expect(machine.awaitNext(idleSecondsMax: 75, at: .after(1)) == .next)
    #expect(machine.expired(at: .after(75.9)) == .nothing)
  }

  @Test func `a socket that takes no more is asked at once`() {
    var machine = ConnectionMachine.answering()
    #expect(machine.replied(isWritable: false, untaken: 1) == .nextOnceTaken)
  }

  // MARK: The last answer

  @Test func `behind the last answer a sender is read on, silent a second, speaking five`() {
    var machine = ConnectionMachine.answering()
    #expect(machine.replied(closes: true) == .lingerOnceTaken)
    #expect(machine.expired(at: .after(30)) == .reset(at: .reply))
    #expect(machine.linger(at: .after(10)) == .nothing)
    #expect(machine.phase == .lingering && !machine.isReading)
    #expect(machine.expired(at: .after(10.9)) == .nothing)
    #expect(machine.expired(at: .after(11)) == .end(at: .lingeringSeconds))
    for tenth in 1...48 {
      #expect(machine.swallowed(1, at: .after(10 + Double(tenth) / 10)) == .nothing)
    }
    #expect(machine.expired(at: .after(14.9)) == .nothing)
    #expect(machine.expired(at: .after(15)) == .end(at: .lingeringSeconds))
  }

  @Test func `what is thrown away is bounded to the byte`() {
    var machine = ConnectionMachine.answering()
    _ = machine.replied(closes: true)
    _ = machine.linger(at: .after(0))
    #expect(machine.swallowed(ConnectionMachine.lingeringBytesMax, at: .after(0)) == .nothing)
    #expect(machine.swallowed(1, at: .after(0)) == .end(at: .lingeringBytes))
  }

  @Test func `a sender that has said its last is not waited for`() {
    var machine = ConnectionMachine.answering()
    _ = machine.inputEnded()
    #expect(machine.replied(closes: true) == .lingerOnceTaken)
    #expect(machine.linger(at: .after(0)) == .close)
    machine = .answering()
    _ = machine.replied(closes: true)
    _ = machine.linger(at: .after(0))
    #expect(machine.inputEnded() == .close)
  }

  // MARK: Its place

  @Test func `one beyond the limit lingers a second, and one without any place not at all`() {
    var machine = ConnectionMachine.opened(.refused)
    #expect(machine.replied(closes: true) == .lingerOnceTaken)
    _ = machine.linger(at: .after(0))
    _ = machine.swallowed(1, at: .after(0.9))
    #expect(machine.expired(at: .after(1)) == .end(at: .lingeringSeconds))
    machine = .opened(.none)
    #expect(machine.replied(closes: true) == .close)
  }

  @Test(arguments: [ConnectionMachine.Place.none, .sender, .refused])
  func `its place is given back once`(place: ConnectionMachine.Place) {
    var machine = ConnectionMachine.opened(place)
    #expect(machine.closed() == place)
    #expect(machine.closed() == .none)
  }

  @Test func `a closed connection does nothing more, whatever was still under way`() {
    var machine = ConnectionMachine.answering()
    _ = machine.closed()
    #expect(machine.replied() == .nothing)
    #expect(machine.replied(closes: true) == .nothing)
    #expect(machine.awaitNext(idleSecondsMax: 75, at: .after(0)) == .nothing)
    #expect(machine.linger(at: .after(0)) == .nothing)
    #expect(machine.phase == .closed && !machine.isReading)
  }
}

extension ConnectionMachine {
  static func opened(_ place: Place = .sender, idleSecondsMax: Int = 75) -> ConnectionMachine {
    var machine = ConnectionMachine(idleSecondsMax: idleSecondsMax, at: .after(0))
    machine.took(place)
    return machine
  }

  /// With a delivery that is complete.
  static func answering() -> ConnectionMachine {
    var machine = opened()
    machine.requestBegan(bodySecondsMax: 30, at: .after(0))
    _ = machine.requestEnded()
    return machine
  }

  /// An answer was written at the beginning of time.
  mutating func replied(closes: Bool = false, isWritable: Bool = true, untaken: Int = 0) -> Step {
    replied(
      closes: closes, isWritable: isWritable, untaken: untaken, replySecondsMax: 30, idleSecondsMax: 75,
      at: .after(0))
  }
}

extension Moment {
  /// So many seconds after the connection was opened.
  static func after(_ seconds: Double) -> Moment {
    Moment(unixMilliseconds: 0, uptimeNanoseconds: 1_000_000_000 + UInt64(seconds * 1_000_000_000))
  }
}
