internal import Gateway
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Looks at secret files on behalf of waiting deliveries, on a thread of its own. Deliveries that wait for
/// the same file share a look, and there is at most one look per 5 ms and file, however many forgeries come.
final class SecretWatcher: Sendable {
  typealias Waiter = @Sendable (LookEnd) -> Void

  private struct Queue {
    var waiting: [Waiter] = []
    var isScheduled = false
    var lastLook: NIODeadline?
  }

  private let queues = Mutex<[String: Queue]>([:])
  private let files: NIOThreadPool
  private let recheck: @Sendable (_ path: String) -> LookEnd

  /// Between two looks at one file.
  private static let spacing = TimeAmount.milliseconds(5)

  /// - Parameter recheck: what a look is. It runs on the file thread and may block there.
  init(files: NIOThreadPool, recheck: @escaping @Sendable (_ path: String) -> LookEnd) {
    self.files = files
    self.recheck = recheck
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
    let end = recheck(path)
    for waiter in waiting { waiter(end) }
    let isMore = queues.withLock { queues in
      queues[path]?.lastLook = start
      let isMore = !(queues[path]?.waiting.isEmpty ?? true)
      queues[path]?.isScheduled = isMore
      return isMore
    }
    if isMore { schedule(path) }
  }
}
