public import Testing

/// Gives every test case a thread of its own: they wait in system calls and for other programs.
public struct OwnThread: TestTrait, SuiteTrait, TestScoping {
  public var isRecursive: Bool { true }

  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await onThread { try await function() }
  }
}

extension Trait where Self == OwnThread {
  public static var ownThread: OwnThread { OwnThread() }
}
