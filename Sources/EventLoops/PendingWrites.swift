internal import NIOCore

/// What was written and is not in the kernel yet, in its order.
struct PendingWrites {
  private struct Write {
    var buffer: ByteBuffer
    var promise: EventLoopPromise<Void>?
  }

  private var writes = CircularBuffer<Write>(initialCapacity: 2)
  /// How many of them may go.
  private(set) var flushed = 0
  private(set) var bytes = 0
  var waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 32 * 1024, high: 64 * 1024)

  var isEmpty: Bool { writes.isEmpty }
  var isFlushed: Bool { flushed > 0 }
  var isAboveHigh: Bool { bytes > waterMark.high }
  var isBelowLow: Bool { bytes < waterMark.low }

  mutating func add(_ buffer: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
    bytes += buffer.readableBytes
    writes.append(Write(buffer: buffer, promise: promise))
  }

  mutating func flush() { flushed = writes.count }

  /// The first of those that may go.
  func withFirst<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    writes[writes.startIndex].buffer.withUnsafeReadableBytes(body)
  }

  /// Calls `body` with the bytes of each that may go, of at most `max`. They stay where they are until this
  /// structure is changed.
  func forEach(max: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    for write in writes.prefix(min(flushed, max)) { write.buffer.withUnsafeReadableBytes(body) }
  }

  /// The kernel has taken so many bytes: hands out the promises of what is written with that, in order.
  mutating func taken(_ count: Int, _ done: inout [EventLoopPromise<Void>]) {
    var left = count
    bytes -= count
    while flushed > 0 {
      let first = writes.startIndex
      let waiting = writes[first].buffer.readableBytes
      guard waiting <= left else { return writes[first].buffer.moveReaderIndex(forwardBy: left) }
      left -= waiting
      flushed -= 1
      if let promise = writes.removeFirst().promise { done.append(promise) }
      if left == 0, flushed == 0 || !isFirstEmpty { return }
    }
  }

  private var isFirstEmpty: Bool { writes.first.map { $0.buffer.readableBytes == 0 } ?? false }

  /// Lets go of everything.
  mutating func takeAll() -> [EventLoopPromise<Void>] {
    let promises = writes.compactMap(\.promise)
    writes = CircularBuffer(initialCapacity: 2)
    flushed = 0
    bytes = 0
    return promises
  }
}
