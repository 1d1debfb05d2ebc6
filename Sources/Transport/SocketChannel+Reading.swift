internal import Glibc
internal import NIOCore

extension SocketChannel {
  /// Never reads at once: whoever asks may be in the middle of something.
  func wantRead() {
    guard isOpen, !isInputShut else { return }
    isReadWanted = true
    if isReadable, isActive { loop.takeTurn(self) }
  }

  /// At most so many buffers as one event is worth; with more to come, `isReadable` stays and somebody's wish to
  /// read brings us here again.
  func readNow() {
    var hasRead = false
    var left = readsMax
    while left > 0, isReadable, isActive, !isInputShut {
      left -= 1
      var code: CInt = 0
      let received = loop.readBuffers.fill(receiveSizes.nextBufferSize() ?? 2048, allocator) { room in
        var count = recv(descriptor, room.baseAddress, room.count, 0)
        while count < 0, errno == EINTR { count = recv(descriptor, room.baseAddress, room.count, 0) }
        code = errno
        return count
      }
      guard let buffer = received.buffer else {
        if received.result == 0 { return inputEnded() }
        isReadable = false
        guard code == EAGAIN else { return failReading(code) }
        break
      }
      _ = receiveSizes.record(actualReadBytes: received.result)
      // A stream that fills less than it was offered has nothing left, but perhaps its end.
      if !received.isFull, !isEndAnnounced { isReadable = false }
      isReadWanted = false
      hasRead = true
      pipeline.syncOperations.fireChannelRead(NIOAny(buffer))
    }
    guard hasRead, isActive else { return }
    pipeline.syncOperations.fireChannelReadComplete()
    if isOpen, !isInputShut { readIfAutomatic() }
  }

  private func failReading(_ code: CInt) {
    let error = IOError(errnoCode: code, reason: "recv")
    pipeline.syncOperations.fireErrorCaught(error)
    if isOpen { close0(error: error, mode: .all, promise: nil) }
  }
}
