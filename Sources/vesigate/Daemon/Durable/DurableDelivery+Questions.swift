internal import NIOPosix
internal import Queue

/// What all questions about the store have in common.
extension DurableDelivery {
  /// Questions block.
  func onThread<Answer: Sendable>(_ body: @escaping @Sendable () throws -> Answer) async throws -> Answer {
    try await NIOThreadPool.singleton.runIfActive(body)
  }

  /// Why there is no store that could be asked.
  var absence: String { fault?.sentence ?? "no route is durable" }

  static func sentence(on error: any Error) -> String {
    switch error {
    case let fault as StoreFault: fault.sentence
    case let refusal as StoreRefusal: "the store takes nothing now: \(refusal.label)"
    default: "\(error)"
    }
  }
}
