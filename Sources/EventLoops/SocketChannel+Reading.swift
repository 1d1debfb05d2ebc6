internal import Glibc
internal import NIOCore

extension SocketChannel {
  /// Never reads at once: whoever asks may be in the middle of something.
  func wantRead() {
    guard isOpen, !isInputShut else { return }
    isReadWanted = true
    if isReadable, isActive { loop.takeTurn(self) }
  }

  /// What one call to the kernel brought.
  private struct Received {
    var count = 0
    var code: CInt = 0
    /// Whether it filled what it was offered.
    var isFull = false
    /// Nil where it went to the intake.
    var buffer: ByteBuffer?
  }

  /// At most so many buffers as one event is worth; with more to come, `isReadable` stays and somebody's wish to
  /// read brings us here again.
  func readNow() {
    var hasRead = false
    var left = readsMax
    while left > 0, isReadable, isActive, !isInputShut {
      left -= 1
      let received = receive()
      guard received.count > 0 else {
        if received.count == 0 { return inputEnded() }
        isReadable = false
        guard received.code == EAGAIN else { return failReading(received.code) }
        break
      }
      // A stream that fills less than it was offered has nothing left.
      if !received.isFull, !isShortReadNoEnd { isReadable = false }
      isReadWanted = false
      hasRead = true
      if let buffer = received.buffer {
        pipeline.syncOperations.fireChannelRead(NIOAny(buffer))
      } else {
        intake?.received(received.count)
      }
    }
    guard hasRead, isActive else { return }
    pipeline.syncOperations.fireChannelReadComplete()
    if isOpen, !isInputShut { readIfAutomatic() }
  }

  private func receive() -> Received {
    var received = Received()
    if let room = intake?.room(), room.count > 0 {
      received.count = receive(into: room, &received.code)
      received.isFull = received.count == room.count
      return received
    }
    let read = loop.readBuffers.fill(receiveSizes.nextBufferSize() ?? 2048, allocator) {
      receive(into: $0, &received.code)
    }
    received.count = read.result
    received.isFull = read.isFull
    received.buffer = read.buffer
    if read.result > 0 { _ = receiveSizes.record(actualReadBytes: read.result) }
    return received
  }

  private func receive(into room: UnsafeMutableRawBufferPointer, _ code: inout CInt) -> Int {
    var count = recv(descriptor, room.baseAddress, room.count, 0)
    while count < 0, errno == EINTR { count = recv(descriptor, room.baseAddress, room.count, 0) }
    if count < 0 { code = errno }
    return count
  }

  private func failReading(_ code: CInt) {
    let error = IOError(errnoCode: code, reason: "recv")
    pipeline.syncOperations.fireErrorCaught(error)
    if isOpen { close0(error: error, mode: .all, promise: nil) }
  }
}
