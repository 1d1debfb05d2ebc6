internal import Gateway
internal import Listening
internal import NIOCore

/// What is known of a test delivery when nobody waits for it any longer.
enum TestResult: Sendable {
  case refused(TestRefusal)
  case ended(TestDelivery.End)
  case underWay(requestID: String, sentBody: [UInt8])
}

extension Workers {
  /// Makes a test delivery on one of the loops.
  ///
  /// - Parameter isOver: called once, when its places are free again.
  func sendTest(_ order: TestOrder, isOver: @escaping @Sendable () -> Void) async -> TestResult {
    guard let loop = all.randomElement() else {
      isOver()
      return .refused(.noRoute)
    }
    return await withCheckedContinuation { continuation in
      loop.eventLoop.execute {
        TestRun(loop.value, loop.eventLoop, isOver: isOver) { continuation.resume(returning: $0) }.begin(
          order)
      }
    }
  }
}

/// One test delivery on its loop, and whoever waits for it.
private final class TestRun {
  /// A page must be there within 20 s (`InspectorConversation.makingSecondsMax`).
  private static let awaitedSecondsMax: Int64 = 15

  private let owned: Workers.Owned
  private let eventLoop: any EventLoop
  private let isOver: () -> Void
  private var tell: ((TestResult) -> Void)?
  private var timers: [Scheduled<Void>] = []
  private var test: TestDelivery?

  init(
    _ owned: Workers.Owned, _ eventLoop: any EventLoop, isOver: @escaping () -> Void,
    tell: @escaping (TestResult) -> Void
  ) {
    self.owned = owned
    self.eventLoop = eventLoop
    self.isOver = isOver
    self.tell = tell
  }

  func begin(_ order: TestOrder) {
    do throws(TestRefusal) {
      let begun = try TestDelivery.begin(order, loop: owned.worker.loop, forwarder: owned.forwarder) { end in
        self.end(.ended(end))
      }
      // It may be over already.
      if tell != nil { watch(begun) }
    } catch {
      end(.refused(error))
    }
  }

  private func watch(_ test: TestDelivery) {
    self.test = test
    owned.worker.watchDeadlines()
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    timers = [
      eventLoop.scheduleTask(in: .seconds(Self.awaitedSecondsMax)) { bound.value.stopWaiting() },
      eventLoop.scheduleTask(in: .seconds(Int64(test.secondsMax))) { bound.value.test?.giveUp() },
    ]
  }

  private func stopWaiting() {
    guard let test else { return }
    say(.underWay(requestID: test.requestID, sentBody: test.sentBody))
  }

  private func end(_ result: TestResult) {
    for timer in timers { timer.cancel() }
    timers = []
    test = nil
    say(result)
    isOver()
  }

  private func say(_ result: TestResult) {
    let tell = tell
    self.tell = nil
    tell?(result)
  }
}
