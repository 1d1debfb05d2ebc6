internal import Glibc

/// A value behind a lock, and bells to wait for: what a thread sleeps by that has no event loop.
//
// @unchecked Sendable: `state` is touched by `withLock` and `wait` alone, which hold the mutex while they lend it; the
// pointers are set in `init` and freed in `deinit`, when nobody waits any more, for who waits holds a reference.
final class Monitor<State: Sendable>: @unchecked Sendable {
  private var state: State
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let conditions: UnsafeMutablePointer<pthread_cond_t>
  private let bells: Int

  init(_ state: State, bells: Int) {
    self.state = state
    self.bells = bells
    mutex = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    conditions = .allocate(capacity: bells)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // By the wall clock a wait would last as long as somebody sets that back.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    for bell in 0..<bells { pthread_cond_init(conditions + bell, &attributes) }
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    for bell in 0..<bells { pthread_cond_destroy(conditions + bell) }
    conditions.deallocate()
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func withLock<Result>(_ body: (inout State) -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&state)
  }

  /// Wakes whoever waits for it.
  func ring(_ bell: Int) { pthread_cond_broadcast(conditions + bell) }

  /// Waits for the bell until `body` has a result, or until `deadline` of the monotonic clock (nanoseconds) gives nil.
  func wait<Result>(for bell: Int, until deadline: UInt64?, _ body: (inout State) -> Result?) -> Result? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result = body(&state) { return result }
      guard let deadline else {
        pthread_cond_wait(conditions + bell, mutex)
        continue
      }
      guard Uptime.nanoseconds() < deadline else { return nil }
      var end = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
      pthread_cond_timedwait(conditions + bell, mutex, &end)
    }
  }
}
