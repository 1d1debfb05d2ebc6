internal import Gateway
internal import NIOCore

/// The watcher of secret files as one loop's exchanges see it.
final class LoopLooks: SecretLooks {
  private let watcher: SecretWatcher
  private let eventLoop: any EventLoop

  init(watcher: SecretWatcher, eventLoop: any EventLoop) {
    self.watcher = watcher
    self.eventLoop = eventLoop
  }

  func look(atSecretFile path: String, then: @escaping (LookEnd) -> Void) {
    let bound = NIOLoopBound(then, eventLoop: eventLoop)
    let eventLoop = eventLoop
    watcher.look(at: path) { end in eventLoop.execute { bound.value(end) } }
  }
}
