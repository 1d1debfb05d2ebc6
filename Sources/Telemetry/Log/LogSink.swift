internal import Glibc
internal import Synchronization

/// Where finished log lines go: a bounded buffer in memory, emptied by one thread that writes.
///
/// A producer never waits for whoever reads the log. When the buffer is full its line is dropped and
/// counted, and the count is written as a line of its own as soon as there is room again.
public final class LogSink: Sendable {
  private let queue: LogQueue

  /// Starts the writer's thread.
  ///
  /// - Parameters:
  ///   - descriptor: where lines are written; it stays open and stays the caller's.
  ///   - bytesMax: bytes held in memory, whether waiting or being written.
  ///   - format: of the lines that are appended. Those for the journal go to journald's own socket, as
  ///     entries with fields; to the descriptor only while nobody listens there.
  public convenience init(
    descriptor: Int32 = 2, bytesMax: Int = 1_048_576, format: LogFormat = .logfmt
  ) {
    self.init(
      descriptor: descriptor, bytesMax: bytesMax, format: format,
      journal: format == .journal ? JournalAddress() : nil)
  }

  init(descriptor: Int32, bytesMax: Int = 1_048_576, format: LogFormat, journal: JournalAddress?) {
    queue = LogQueue(bytesMax: bytesMax)
    LogWriter.start(
      LogWriter(queue: queue, descriptor: descriptor, format: format, journal: journal))
  }

  deinit { queue.close() }

  /// Takes one finished line, with its line feed. Any thread may call it; it does not block.
  public func append(_ line: [UInt8]) { queue.append(line) }

  /// How many lines were dropped since the start.
  public var linesDropped: Int { queue.linesDropped }

  /// Waits until all that was appended before is written, at most `millisecondsMax`; false when it was not.
  /// It blocks its thread: for the program's end, not for an event loop.
  @discardableResult
  public func flush(millisecondsMax: Int) -> Bool {
    let goal = queue.progress
    for _ in 0..<max(millisecondsMax, 1) {
      if queue.hasReached(goal) { return true }
      usleep(1000)
    }
    return queue.hasReached(goal)
  }
}

/// What producers and the writer share.
final class LogQueue: Sendable {
  /// What the writer takes at once.
  struct Batch {
    var bytes: [UInt8] = []
    /// Dropped and not yet reported.
    var linesDropped = 0
  }

  /// How much has come in.
  struct Progress {
    var bytesAppended: Int
    var linesDropped: Int
  }

  private struct State {
    var waiting: [UInt8] = []
    var bytesAppended = 0
    /// Written, or given up because the descriptor failed.
    var bytesDone = 0
    var linesDropped = 0
    var linesReported = 0
    var writerSleeps = false
    var isClosed = false
  }

  private let state = Mutex(State())
  private let wake = Wake()
  private let bytesMax: Int

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  var linesDropped: Int { state.withLock { $0.linesDropped } }
  var isClosed: Bool { state.withLock { $0.isClosed } }
  var progress: Progress {
    state.withLock { Progress(bytesAppended: $0.bytesAppended, linesDropped: $0.linesDropped) }
  }

  func append(_ line: [UInt8]) {
    let mustWake = state.withLock { state in
      guard state.bytesAppended - state.bytesDone + line.count <= bytesMax else {
        state.linesDropped += 1
        return false
      }
      state.waiting.append(contentsOf: line)
      state.bytesAppended += line.count
      defer { state.writerSleeps = false }
      return state.writerSleeps
    }
    if mustWake { wake.post() }
  }

  func close() {
    state.withLock { $0.isClosed = true }
    wake.post()
  }

  /// Sleeps until there is something to write and puts it into `batch`, whose emptied memory producers fill
  /// next; false once the queue is closed and empty.
  func take(into batch: inout Batch) -> Bool {
    while true {
      let (isFilled, isClosed) = state.withLock { state in
        batch.linesDropped = state.linesDropped - state.linesReported
        state.writerSleeps = state.waiting.isEmpty && batch.linesDropped == 0
        if !state.writerSleeps { swap(&state.waiting, &batch.bytes) }
        return (!state.writerSleeps, state.isClosed)
      }
      if isFilled { return true }
      if isClosed { return false }
      wake.wait()
    }
  }

  /// Whether all that had come in by `goal` has been dealt with.
  func hasReached(_ goal: Progress) -> Bool {
    state.withLock { $0.bytesDone >= goal.bytesAppended && $0.linesReported >= goal.linesDropped }
  }

  func markDone(bytes: Int) { state.withLock { $0.bytesDone += bytes } }

  /// Lines that were taken and given up; their number is still to be told.
  func markLeftOut(lines: Int) { state.withLock { $0.linesDropped += lines } }

  func markReported(lines: Int) { state.withLock { $0.linesReported += lines } }

  /// Lines that were taken but could not be written; the descriptor failed, so nobody can be told.
  func markLost(lines: Int) {
    state.withLock {
      $0.linesDropped += lines
      $0.linesReported += lines
    }
  }
}
