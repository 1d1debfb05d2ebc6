internal import Gateway
internal import NIOCore

/// Stands for an attempt that could not even be prepared.
final class FailedAttempt: Attempt {
  private var observer: (any AttemptObserver)?

  init(on eventLoop: any EventLoop, observer: any AttemptObserver, tag: Int) {
    self.observer = observer
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.execute {
      bound.value.observer?.attempt(
        tag,
        finished: ForwardFailure(
          stage: .connecting, kind: .internalError, detail: "libcurl gave no handle for this upstream"))
    }
  }

  func resume() {}

  func cancel() { observer = nil }
}
