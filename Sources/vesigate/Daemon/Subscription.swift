internal import Synchronization

/// Who is told of something, once the parts are wired together.
///
/// A `Mutex` must not hold a closure itself: each time the lock is taken, the closure is converted on its way out and
/// once more on its way back, so that what is stored is wrapped anew, and costs more memory and more stack, for ever.
/// What a struct holds stays as it is.
final class Subscription<News: Sendable>: Sendable {
  private struct Subscriber: Sendable {
    let hear: @Sendable (News) -> Void
  }

  private let subscriber = Mutex<Subscriber?>(nil)

  /// The one before hears nothing more.
  func subscribe(_ hear: @escaping @Sendable (News) -> Void) {
    subscriber.withLock { $0 = Subscriber(hear: hear) }
  }

  /// Tells it on this thread, and without the lock.
  func tell(_ news: News) { subscriber.withLock { $0 }?.hear(news) }
}
