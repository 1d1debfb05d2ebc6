import Foundation

/// A value behind a lock that the thread sanitizer knows; it takes what a `Mutex` guards for a race.
//
// @unchecked Sendable: `value` is touched only within `withLock`, and the lock is held there.
public final class Locked<Value>: @unchecked Sendable {
  private let lock = NSLock()
  private var value: Value

  public init(_ value: Value) { self.value = value }

  public func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    lock.lock()
    defer { lock.unlock() }
    return try body(&value)
  }
}
