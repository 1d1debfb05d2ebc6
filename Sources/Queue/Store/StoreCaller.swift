/// Where whoever asks the store wants to be answered: an event loop, a queue. The store answers all that one batch has
/// for the same caller with one `execute`, which wakes it once.
public protocol StoreCaller: AnyObject, Sendable {
  /// Runs `work` soon, on the caller's own thread. Called on the store's.
  func execute(_ work: @escaping @Sendable () -> Void)
}
