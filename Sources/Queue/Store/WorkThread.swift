internal import CLinux
internal import Glibc

/// A POSIX thread with one task.
enum WorkThread {
  private final class Task {
    let name: String
    let body: @Sendable () -> Void

    init(_ name: String, _ body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  /// - Throws: where the system has no thread left.
  static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(StoreFault) {
    // Signals are the main thread's business: this one must not be in their way.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let task = Unmanaged.passRetained(Task(name, body))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        let task = Unmanaged<Task>.fromOpaque(context).takeRetainedValue()
        vg_name_thread(task.name)
        task.body()
        return nil
      }, task.toOpaque())
    guard code == 0 else {
      task.release()
      throw .refused("no thread for the store: \(String(cString: strerror(code)))")
    }
    pthread_detach(thread)
  }
}
