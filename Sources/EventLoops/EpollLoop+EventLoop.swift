internal import CLinux
public import Dispatch
public import NIOCore

// MARK: - What NIO asks of an event loop

extension EpollLoop {
  /// Tasks of one thread run in the order in which it handed them over.
  public var inEventLoop: Bool {
    vg_thread_marked() == UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
  }

  public func preconditionInEventLoop(file: StaticString, line: UInt) {
    precondition(inEventLoop, "not on the event loop", file: file, line: line)
  }

  public func execute(_ task: @escaping @Sendable () -> Void) { _ = take(.task(task)) }

  public func enqueue(_ job: consuming ExecutorJob) { _ = take(.job(UnownedJob(job))) }

  public func submit<T>(_ task: @escaping @Sendable () throws -> T) -> EventLoopFuture<T> {
    let promise = makePromise(of: T.self)
    let isTaken = take(
      .task {
        do {
          promise.assumeIsolated().succeed(try task())
        } catch {
          promise.fail(error)
        }
      })
    return isTaken ? promise.futureResult : makeFailedFuture(EventLoopError.shutdown)
  }

  @discardableResult
  public func scheduleTask<T>(
    deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T
  ) -> Scheduled<T> {
    let promise = makePromise(of: T.self)
    let timer = TaskTimer(deadline: deadline, promise: promise, task: task)
    if inEventLoop {
      timers.insert(timer)
    } else if !post(.timer(timer)) {
      promise.fail(EventLoopError.shutdown)
    }
    return Scheduled(promise: promise) { self.cancel(timer) }
  }

  @discardableResult
  public func scheduleTask<T>(
    in amount: TimeAmount, _ task: @escaping @Sendable () throws -> T
  ) -> Scheduled<T> {
    scheduleTask(deadline: .now() + amount, task)
  }

  /// Ends with its group only.
  public func shutdownGracefully(queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void)
  {
    queue.async { callback(EventLoopError.unsupportedOperation) }
  }

  private func take(_ work: Work) -> Bool {
    guard inEventLoop else { return post(work) }
    tasks.append(work)
    return true
  }

  private func cancel(_ timer: LoopTimer) {
    guard !inEventLoop else { return timers.remove(timer) }
    execute { self.timers.remove(timer) }
  }
}
