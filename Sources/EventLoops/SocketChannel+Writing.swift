internal import Glibc
internal import NIOCore
internal import Synchronization

extension SocketChannel {
  private static let buffersPerWriteMax = 64

  func write(_ data: NIOAny, _ promise: EventLoopPromise<Void>?) {
    guard isOpen else { return fail(promise, ChannelError.ioOnClosedChannel) }
    guard !isOutputShut else { return fail(promise, ChannelError.outputClosed) }
    // No file is sent by this project: a region of one is refused.
    guard case .byteBuffer(let buffer) = unwrapData(data, as: IOData.self) else {
      return fail(promise, ChannelError.operationUnsupported)
    }
    pending.add(buffer, promise)
    guard pending.isAboveHigh, isWritable else { return }
    writability.store(false, ordering: .relaxed)
    pipeline.syncOperations.fireChannelWritabilityChanged()
  }

  func flushWrites() {
    guard isOpen else { return }
    pending.flush()
    if isActive, !isBlocked { writeNow() }
  }

  /// Gives the kernel what may go, until it has no room; then tells what became of it.
  func writeNow() {
    guard pending.isFlushed else { return }
    var done: [EventLoopPromise<Void>] = []
    var failure: IOError?
    var spins = writeSpins
    while pending.isFlushed {
      let count = pending.flushed == 1 ? sendOne() : sendSeveral()
      if count >= 0 {
        pending.taken(count, &done)
        guard pending.isFlushed else { break }
        guard spins > 0 else {
          loop.takeTurn(self)
          break
        }
        spins -= 1
      } else if errno == EAGAIN {
        isBlocked = true
        break
      } else if errno != EINTR {
        failure = IOError(errnoCode: errno, reason: "send")
        break
      }
    }
    for promise in done { promise.succeed() }
    guard isOpen else { return }
    if let failure { return close0(error: failure, mode: .all, promise: nil) }
    if isBlocked { waitForRoom() }
    written()
  }

  private func written() {
    if isOpen, !isWritable, pending.isBelowLow {
      writability.store(true, ordering: .relaxed)
      pipeline.syncOperations.fireChannelWritabilityChanged()
    }
    if isOpen, isOutputEnding, !isOutputShut, pending.isEmpty { shutOutput() }
  }

  private func sendOne() -> Int {
    pending.withFirst { bytes in
      // Nothing to say, but a promise to keep.
      bytes.isEmpty ? 0 : send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
    }
  }

  private func sendSeveral() -> Int {
    withUnsafeTemporaryAllocation(of: iovec.self, capacity: Self.buffersPerWriteMax) { vectors in
      var used = 0
      pending.forEach(max: vectors.count) { bytes in
        guard !bytes.isEmpty else { return }
        vectors[used] = iovec(
          iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
        used += 1
      }
      guard used > 0 else { return 0 }
      var message = msghdr()
      message.msg_iov = vectors.baseAddress
      message.msg_iovlen = used
      return sendmsg(descriptor, &message, CInt(MSG_NOSIGNAL))
    }
  }
}
