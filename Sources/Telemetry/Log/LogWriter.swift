internal import Glibc
internal import Logging
internal import POSIX

/// The one thread that writes log lines, and that may be blocked by their reader.
struct LogWriter {
  let queue: LogQueue
  let descriptor: Int32
  let format: LogFormat
  /// Where lines go as entries; the descriptor is for what cannot be sent there.
  let journal: JournalAddress?

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
    var entries = journal.map(JournalWriter.init)
    while queue.take(into: &batch) {
      deliver(batch.bytes, &entries)
      if batch.linesDropped > 0 {
        if report(batch.linesDropped, &entries) {
          queue.markReported(lines: batch.linesDropped)
        } else if queue.isClosed {
          return
        }
      }
      batch.bytes.removeAll(keepingCapacity: true)
      usleep(LogWriter.lingerMicroseconds)
    }
  }

  private func deliver(_ bytes: [UInt8], _ entries: inout JournalWriter?) {
    guard entries != nil else { return write(bytes[...], isQueued: true) }
    var rest = bytes[...]
    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
      let line = rest[...end]
      rest = rest[(end + 1)...]
      switch entries?.send(line) {
      case .sent: queue.markDone(bytes: line.count)
      case .busy:
        queue.markLeftOut(lines: 1)
        queue.markDone(bytes: line.count)
      case .unreachable, nil: write(line, isQueued: true)
      }
    }
  }

  /// False when the journal takes nothing now: it is told later.
  private func report(_ count: Int, _ entries: inout JournalWriter?) -> Bool {
    let line = droppedLine(count)
    switch entries?.send(line[...]) {
    case .sent: return true
    case .busy: return false
    case .unreachable, nil:
      write(line[...], isQueued: false)
      return true
    }
  }

  /// `isQueued`: whether these bytes count against the queue's bound.
  private func write(_ bytes: ArraySlice<UInt8>, isQueued: Bool) {
    var rest = bytes
    while !rest.isEmpty {
      let part = rest.prefix(LogWriter.writeBytesMax)
      let count = part.withUnsafeBytes { bytes in
        IO.retrying { Glibc.write(descriptor, bytes.baseAddress, bytes.count) }
      }
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
    var line = LogLine(format, level: .warning, unixMilliseconds: Clocks.unixMilliseconds())
    line.add("msg", "dropped \(count) log lines")
    line.add("lines_dropped", count)
    return line.finished()
  }
}

/// Lines on their way to the journal: the connection, and memory that is used again.
private struct JournalWriter {
  private let socket: JournalSocket
  private var entry = JournalEntry()

  init(_ address: JournalAddress) { socket = JournalSocket(address) }

  mutating func send(_ line: ArraySlice<UInt8>) -> JournalSocket.Outcome {
    line.withUnsafeBufferPointer { entry.encode($0) }
    return socket.send(entry.bytes)
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
