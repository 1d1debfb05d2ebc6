internal import Gateway
internal import Listening
internal import NIOCore
internal import Queue

extension Workers {
  /// Has a quarantined delivery judged by the secrets in force, on one of the loops.
  ///
  /// - Parameter turn: which of them.
  func release(_ row: StoreReader.QuarantineRow, isDry: Bool, turn: Int) async -> ReleaseEnd {
    let loop = all[turn % all.count]
    let ended = loop.eventLoop.makePromise(of: ReleaseEnd.self)
    loop.eventLoop.execute {
      let context = loop.value.worker.loop
      guard let keeper = context.keeper as? LoopKeeper else { return ended.succeed(.noRoute) }
      keeper.release(row, judgedIn: context, isDry: isDry) { ended.succeed($0) }
    }
    // A store that is closed in the middle answers, too.
    return (try? await ended.futureResult.get()) ?? .refused(.closing)
  }
}
