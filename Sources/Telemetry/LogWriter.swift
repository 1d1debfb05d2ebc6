internal import Glibc
internal import Logging

/// The one thread that writes log lines, and that may be blocked by their reader.
struct LogWriter {
  let queue: LogQueue
  let descriptor: Int32
  let format: LogFormat

  /// Lines that come within this time are written together, and their producers need not wake anyone.
  private static let lingerMicroseconds: UInt32 = 2000
  private static let writeBytesMax = 65_536

  /// Runs `writer` on a thread of its own until its queue is closed.
  static func start(_ writer: LogWriter) {
    let argument = Unmanaged.passRetained(Box(writer)).toOpaque()
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { argument in
        LogWriter.blockSignals()
        Unmanaged<Box>.fromOpaque(argument!).takeRetainedValue().writer.run()
        return nil
      }, argument)
    guard failure == 0 else { fatalError("cannot start the log writer's thread: error \(failure)") }
    pthread_detach(thread)
  }

  private final class Box {
    let writer: LogWriter
    init(_ writer: LogWriter) { self.writer = writer }
  }

  /// Signals are for the other threads: a handler run here would wait as long as the log's reader does.
  private static func blockSignals() {
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
  }

  private func run() {
    var batch = LogQueue.Batch()
    while queue.take(into: &batch) {
      write(batch.bytes[...], isQueued: true)
      if batch.linesDropped > 0 {
        write(droppedLine(batch.linesDropped)[...], isQueued: false)
        queue.markReported(lines: batch.linesDropped)
      }
      batch.bytes.removeAll(keepingCapacity: true)
      usleep(LogWriter.lingerMicroseconds)
    }
  }

  /// `isQueued`: whether these bytes count against the queue's bound.
  private func write(_ bytes: ArraySlice<UInt8>, isQueued: Bool) {
    var rest = bytes
    while !rest.isEmpty {
      let part = rest.prefix(LogWriter.writeBytesMax)
      let count = part.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      if count < 0, errno == EAGAIN, waitUntilWritable() { continue }
      guard count > 0 else {
        queue.markLost(lines: rest.reduce(0) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) })
        if isQueued { queue.markDone(bytes: rest.count) }
        return
      }
      rest = rest.dropFirst(count)
      if isQueued { queue.markDone(bytes: count) }
    }
  }

  /// Someone else who shares the terminal or pipe may have made it non-blocking.
  private func waitUntilWritable() -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&entry, 1, -1) == 1 || errno == EINTR
  }

  private func droppedLine(_ count: Int) -> [UInt8] {
    var line = LogLine(format, level: .warning, unixMilliseconds: LogTime.now())
    line.add("msg", "dropped \(count) log lines")
    line.add("lines_dropped", count)
    return line.finished()
  }
}

/// A semaphore: posting is a system call only when someone waits.
//
// @unchecked Sendable: the pointer never changes, and POSIX semaphores are made to be shared by threads.
final class Wake: @unchecked Sendable {
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(semaphore, 0, 0) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func post() { sem_post(semaphore) }

  func wait() {
    while sem_wait(semaphore) != 0, errno == EINTR {}
  }
}
