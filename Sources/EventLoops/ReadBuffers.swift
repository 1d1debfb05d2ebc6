internal import NIOCore

/// Buffers to receive into, one for each power of two: used again as soon as nobody holds what was received
/// last, and made anew where somebody does.
struct ReadBuffers {
  private var buffers = [ByteBuffer](repeating: ByteBuffer(), count: Int.bitWidth)

  /// Receives at most the next power of two above `bytes - 1`. What `receive` returns is how many bytes it
  /// wrote; nothing of a buffer is handed out where that is not above zero.
  mutating func fill(
    _ bytes: Int, _ allocator: ByteBufferAllocator, _ receive: (UnsafeMutableRawBufferPointer) -> Int
  ) -> (result: Int, buffer: ByteBuffer?, isFull: Bool) {
    let index = Int.bitWidth - max(bytes - 1, 1).leadingZeroBitCount
    if buffers[index].capacity == 0 {
      buffers[index] = allocator.buffer(capacity: 1 << index)
    } else {
      buffers[index].clear()
    }
    var result = 0
    let room = buffers[index].capacity
    buffers[index].writeWithUnsafeMutableBytes(minimumWritableBytes: room) { room in
      result = receive(room)
      return max(result, 0)
    }
    guard result > 0 else { return (result, nil, false) }
    return (result, buffers[index], result == room)
  }
}
