internal import Logging
internal import NIOPosix
internal import Queue
internal import ServiceLifecycle

/// Has what is due sent in time, and says how the store does when that changes.
struct DurableWatch: Service {
  let durable: DurableDelivery
  let store: ConfigurationStore
  /// Where opening a store may block.
  let files: NIOThreadPool
  let logger: Logger

  private static let spacing = Duration.milliseconds(50)
  /// Where no route has been durable yet, nothing is due.
  private static let idleSpacing = Duration.seconds(1)
  /// Between two tries to open what could not be opened at the start; twice as long each time.
  private static let tryAgainSecondsMax = 60

  /// What was said last.
  private struct Said {
    var fault: StoreFault?
    var isDiskLow = false
    var isCautious = false
    var isClockTrusted = true
    var dead: UInt64 = 0
    var replays = ReplayNews()
    var secondsBetweenTries = 1
    var secondsUntilTry = 1
  }

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      var said = Said()
      while !Task.isCancelled {
        let opened = durable.store
        durable.dispatcher?.tick()
        durable.replays?.tick()
        tell(durable.fault, &said)
        if let opened { tell(opened.status, &said) } else { try await openAgain(&said) }
        try await Task.sleep(for: opened == nil ? Self.idleSpacing : Self.spacing)
      }
    }
  }

  /// A damaged store is not tried by itself: it may look whole where it is not.
  private func openAgain(_ said: inout Said) async throws {
    guard let fault = durable.fault, fault.heals else { return }
    said.secondsUntilTry -= 1
    guard said.secondsUntilTry <= 0 else { return }
    try await files.runIfActive { durable.tryAgain(store.loaded) }
    said.secondsBetweenTries = min(2 * said.secondsBetweenTries, Self.tryAgainSecondsMax)
    said.secondsUntilTry = said.secondsBetweenTries
  }

  private func tell(_ fault: StoreFault?, _ said: inout Said) {
    guard fault != said.fault else { return }
    if let fault {
      logger.error(
        "the store cannot be used, durable routes answer 503: \(fault.sentence)",
        metadata: ["kind": "\(fault.kind)"])
    } else {
      logger.notice("the store can be used again")
    }
    said.fault = fault
  }

  private func tell(_ status: StoreStatus, _ said: inout Said) {
    if status.isDiskLow != said.isDiskLow {
      said.isDiskLow = status.isDiskLow
      if status.isDiskLow {
        logger.error("the store's file system is nearly full, durable routes answer 503")
      } else {
        logger.notice("the store's file system has room again")
      }
    }
    if status.isCautious != said.isCautious {
      said.isCautious = status.isCautious
      if status.isCautious {
        logger.warning("several ends without a goodbye within minutes: attempts are made one at a time")
      }
    }
    if status.isClockTrusted != said.isClockTrusted {
      said.isClockTrusted = status.isClockTrusted
      if !status.isClockTrusted {
        logger.warning(
          "the clock has jumped: nothing of the store is deleted for its age until a start, or queue prune --now"
        )
      }
    }
    let dead = status.counters.prunedDead
    if dead > said.dead {
      logger.warning(
        "deliveries that were given up have been deleted for their age",
        metadata: ["count": "\(dead - said.dead)"])
    }
    said.dead = dead
    said.replays.tell(status.counters.replays, logger)
  }
}
