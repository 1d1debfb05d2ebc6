internal import CLinux
internal import Glibc
public import NIOCore

/// Tells an event loop when a descriptor is ready: the seam between libcurl's sockets and a loop that has
/// no way to watch a descriptor it does not own.
///
/// A thread blocks on the descriptor and calls `loop.execute`; it looks again only when the loop has done
/// its part, so readiness that nobody has handled yet costs no turns.
//
// @unchecked Sendable: the stored values are constants; semaphore and descriptors are the kernel's and the
// C library's, which are made for several threads.
public final class ReadinessThread: @unchecked Sendable {
  private let descriptor: CInt
  private let wake: CInt
  private let handled: UnsafeMutablePointer<sem_t>
  private let eventLoop: any EventLoop
  private let onReady: @Sendable () -> Void
  private var thread = pthread_t()

  /// `onReady` runs on `eventLoop` each time `descriptor` is readable.
  public init(descriptor: CInt, eventLoop: any EventLoop, onReady: @escaping @Sendable () -> Void) {
    self.descriptor = descriptor
    self.eventLoop = eventLoop
    self.onReady = onReady
    wake = vg_eventfd()
    handled = .allocate(capacity: 1)
    sem_init(handled, 0, 0)
    // The thread holds a reference of its own, given back when it ends.
    let context = Unmanaged.passRetained(self).toOpaque()
    let failed = pthread_create(
      &thread, nil,
      { context in
        Unmanaged<ReadinessThread>.fromOpaque(context!).takeRetainedValue().run()
        return nil
      }, context)
    precondition(failed == 0, "no thread to be had: error \(failed)")
  }

  deinit {
    close(wake)
    sem_destroy(handled)
    handled.deallocate()
  }

  /// Ends the thread and waits for it. Not to be called on the event loop.
  public func stop() {
    vg_eventfd_signal(wake)
    sem_post(handled)
    pthread_join(thread, nil)
  }

  private func run() {
    var descriptors = [
      pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
    ]
    while true {
      guard poll(&descriptors, 2, -1) >= 0 || errno == EINTR else { return }
      if descriptors[1].revents != 0 { return }
      guard descriptors[0].revents != 0 else { continue }
      eventLoop.execute { [self] in
        onReady()
        sem_post(handled)
      }
      while sem_wait(handled) != 0 {}
    }
  }
}
