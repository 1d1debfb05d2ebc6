internal import Gateway
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Looks at secret files on behalf of waiting deliveries, on a thread of its own. Deliveries that wait for
/// the same file share a look, and there is at most one look per 5 ms and file, however many forgeries come.
final class LookDesk: Sendable {
  typealias Waiter = @Sendable (LookEnd) -> Void

  /// One subject of a look, and where its end is put down.
  private struct Task: Sendable {
    let path: String
    let end: @Sendable (LookEnd) -> Void
  }

  private struct Queue {
    var waiting: [Waiter] = []
    var isScheduled = false
    var lastLook: NIODeadline?
  }

  private let queues = Mutex<[String: Queue]>([:])
  private let files: NIOThreadPool
  private let looked = Subscription<Task>()

  /// Between two looks at one file.
  private static let spacing = TimeAmount.milliseconds(5)

  init(files: NIOThreadPool) { self.files = files }

  /// Sets what a look is. It runs on the file thread and may block there.
  func onLook(_ look: @escaping @Sendable (String) -> LookEnd) {
    looked.subscribe { $0.end(look($0.path)) }
  }

  /// Calls `waiter` after a look that began after this call.
  func look(at path: String, waiter: @escaping Waiter) {
    let isFirst = queues.withLock { queues in
      queues[path, default: Queue()].waiting.append(waiter)
      let isFirst = !queues[path]!.isScheduled
      queues[path]!.isScheduled = true
      return isFirst
    }
    if isFirst { schedule(path) }
  }

  private func schedule(_ path: String) {
    files.submit { [self] state in
      guard state == .active else { return }
      serve(path)
    }
  }

  private func serve(_ path: String) {
    if let last = queues.withLock({ $0[path]?.lastLook }) { FileThread.sleep(until: last + Self.spacing) }
    // Whoever asks from here on gets a look of his own: this one may have begun already.
    let waiting = queues.withLock { queues in
      let waiting = queues[path]?.waiting ?? []
      queues[path]?.waiting = []
      return waiting
    }
    let start = NIODeadline.now()
    looked.tell(Task(path: path) { end in for waiter in waiting { waiter(end) } })
    let isMore = queues.withLock { queues in
      queues[path]?.lastLook = start
      let isMore = !(queues[path]?.waiting.isEmpty ?? true)
      queues[path]?.isScheduled = isMore
      return isMore
    }
    if isMore { schedule(path) }
  }
}

enum FileThread {
  static func sleep(until deadline: NIODeadline) {
    let left = deadline - .now()
    guard left.nanoseconds > 0 else { return }
    usleep(left)
  }

  static func sleep(_ amount: TimeAmount) { usleep(amount) }

  private static func usleep(_ amount: TimeAmount) {
    var left = timespec(
      tv_sec: Int(amount.nanoseconds / 1_000_000_000), tv_nsec: Int(amount.nanoseconds % 1_000_000_000))
    var rest = timespec()
    while nanosleep(&left, &rest) != 0 { left = rest }
  }
}

/// The desk as one loop's exchanges see it.
final class LoopLooks: SecretLooks {
  private let desk: LookDesk
  private let eventLoop: any EventLoop

  init(desk: LookDesk, eventLoop: any EventLoop) {
    self.desk = desk
    self.eventLoop = eventLoop
  }

  func look(atSecretFile path: String, then: @escaping (LookEnd) -> Void) {
    let bound = NIOLoopBound(then, eventLoop: eventLoop)
    let eventLoop = eventLoop
    desk.look(at: path) { end in eventLoop.execute { bound.value(end) } }
  }
}
