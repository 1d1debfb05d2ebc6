internal import CLinux
internal import Glibc
internal import NIOConcurrencyHelpers
public import NIOCore

/// An event loop: one thread, one epoll for whatever it watches, one heap of timers.
//
// @unchecked Sendable: `inbox` has a lock and the descriptors are constants. The rest is used by the loop's own
// thread alone: every way in asks `inEventLoop` first, and goes through the inbox where that is not so.
public final class EpollLoop: EventLoop, NIOSerialEventLoopExecutor, @unchecked Sendable {
  enum Work {
    case task(@Sendable () -> Void)
    case job(UnownedJob)
    case timer(LoopTimer)
  }

  /// What other threads have handed over.
  struct Inbox {
    var work: [Work] = []
    /// Whether the loop has been woken and has not yet looked.
    var isSignalled = false
    var isEnding = false
    /// Nothing is taken any more.
    var isClosed = false
  }

  /// Tasks done between two looks at the kernel, so that sockets do not starve.
  private static let tasksPerTurnMax = 4096

  private let epoll = vg_epoll_create()
  private let wake = vg_eventfd()
  let inbox = NIOLockedValueBox(Inbox())

  var tasks = CircularBuffer<Work>(initialCapacity: 256)
  var timers = TimerHeap()
  /// By descriptor.
  private var sources: [EventSource?] = []
  /// The listening sockets, which are not watched while nothing is to be accepted.
  var listening: [EventSource] = []
  private var lastGeneration: UInt32 = 0
  /// Sources with more to do than one event was worth.
  private var inTurn: [EventSource] = []
  private var isEnding = false
  var readBuffers = ReadBuffers()

  init() {
    guard epoll >= 0, wake >= 0 else {
      fatalError("no descriptor to be had for an event loop (\(String(cString: strerror(errno))))")
    }
    // On arrival: each signal is told once, so its counter need not be read.
    let failed = vg_epoll_ctl(
      epoll, EPOLL_CTL_ADD, wake, EpollEvents.input | EpollEvents.onArrival, UInt64(UInt32(bitPattern: wake)))
    guard failed == 0 else {
      fatalError("an event loop cannot watch its own descriptor (\(String(cString: strerror(errno))))")
    }
  }

  deinit {
    Glibc.close(epoll)
    Glibc.close(wake)
  }

  // MARK: What it watches

  /// False where the kernel refuses; errno says why.
  func watch(_ source: EventSource, for events: UInt32) -> Bool {
    let index = Int(source.descriptor)
    if index >= sources.count {
      sources.append(contentsOf: repeatElement(nil, count: index + 64 - sources.count))
    }
    // Never 0, which is the tag of the loop's own descriptor and means unwatched.
    lastGeneration = lastGeneration == .max ? 1 : lastGeneration + 1
    source.generation = lastGeneration
    guard control(EPOLL_CTL_ADD, source, events) else {
      source.generation = 0
      return false
    }
    sources[index] = source
    return true
  }

  func rewatch(_ source: EventSource, for events: UInt32) -> Bool { control(EPOLL_CTL_MOD, source, events) }

  /// - Parameter isClosing: whether the descriptor is closed now, and nobody else has it open: then the kernel
  ///   forgets it by itself.
  func unwatch(_ source: EventSource, isClosing: Bool = false) {
    guard source.generation != 0 else { return }
    sources[Int(source.descriptor)] = nil
    if !isClosing { _ = control(EPOLL_CTL_DEL, source, 0) }
    source.generation = 0
  }

  private func control(_ operation: CInt, _ source: EventSource, _ events: UInt32) -> Bool {
    let tag = UInt64(source.generation) << 32 | UInt64(UInt32(bitPattern: source.descriptor))
    return vg_epoll_ctl(epoll, operation, source.descriptor, events, tag) == 0
  }

  /// Has `turn` called on a source once more before the loop sleeps.
  func takeTurn(_ source: EventSource) {
    guard !source.isInTurn else { return }
    source.isInTurn = true
    inTurn.append(source)
  }

  // MARK: Turning

  /// The life of the loop's thread.
  func run() {
    vg_mark_thread(Unmanaged.passUnretained(self).toOpaque())
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 256) { events in
      while !isEnding {
        look(events)
        giveTurns()
        runTimers()
        runTasks()
      }
    }
    end()
    vg_mark_thread(nil)
  }

  private func look(_ events: UnsafeMutableBufferPointer<epoll_event>) {
    let count = epoll_wait(epoll, events.baseAddress, CInt(events.count), timeoutMilliseconds)
    for index in 0..<max(Int(count), 0) {
      let tag = events[index].data.u64
      let generation = UInt32(truncatingIfNeeded: tag >> 32)
      guard generation != 0 else {
        takeInbox()
        continue
      }
      // A source may have been closed since, and its number be somebody else's.
      guard let source = sources[Int(UInt32(truncatingIfNeeded: tag))], source.generation == generation else {
        continue
      }
      source.ready(events[index].events)
    }
  }

  /// How long nothing is to be done; -1 is for ever. Rounded up: a timer is never early.
  private var timeoutMilliseconds: CInt {
    guard tasks.isEmpty, inTurn.isEmpty else { return 0 }
    guard let first = timers.first else { return -1 }
    let now = NIODeadline.now().uptimeNanoseconds
    guard first.deadline > now else { return 0 }
    return CInt(min((first.deadline - now + 999_999) / 1_000_000, 3_600_000))
  }

  private func giveTurns() {
    guard !inTurn.isEmpty else { return }
    var now: [EventSource] = []
    swap(&now, &inTurn)
    for source in now {
      source.isInTurn = false
      source.turn()
    }
  }

  private func runTimers() {
    guard let first = timers.first else { return }
    let now = NIODeadline.now().uptimeNanoseconds
    guard first.deadline <= now else { return }
    var budget = Self.tasksPerTurnMax
    while budget > 0, let timer = timers.popDue(now) {
      budget -= 1
      timer.run()
    }
  }

  func runTasks() {
    var budget = Self.tasksPerTurnMax
    while budget > 0, let work = tasks.popFirst() {
      budget -= 1
      switch work {
      case .task(let task): task()
      case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
      case .timer(let timer): timers.insert(timer)
      }
    }
  }

  private func takeInbox() {
    let (work, isEnding) = inbox.withLockedValue { inbox in
      defer { inbox.work.removeAll() }
      inbox.isSignalled = false
      return (inbox.work, inbox.isEnding)
    }
    for each in work { tasks.append(each) }
    if isEnding { self.isEnding = true }
  }

  // MARK: The end

  /// Closes what is open, runs what was handed over, fails what was to come later, until nothing is left.
  /// What goes on for ever is not waited for.
  private func end() {
    for _ in 0..<1000 {
      for source in sources { source?.loopEnds() }
      for source in listening { source.loopEnds() }
      runTasks()
      takeInbox()
      while let timer = timers.first {
        timers.remove(timer)
        timer.fail(EventLoopError.shutdown)
      }
      guard tasks.isEmpty else { continue }
      let isClosed = inbox.withLockedValue { inbox in
        inbox.isClosed = inbox.work.isEmpty
        return inbox.isClosed
      }
      if isClosed { return }
    }
    inbox.withLockedValue { $0.isClosed = true }
  }

  /// Asks it to end. From any thread.
  func beginEnd() {
    inbox.withLockedValue { $0.isEnding = true }
    vg_eventfd_signal(wake)
  }

  /// Hands work over from another thread; false where the loop has ended.
  func post(_ work: Work) -> Bool {
    let (isTaken, wakes) = inbox.withLockedValue { inbox in
      guard !inbox.isClosed else { return (false, false) }
      defer { inbox.isSignalled = true }
      inbox.work.append(work)
      return (true, !inbox.isSignalled)
    }
    if wakes { vg_eventfd_signal(wake) }
    return isTaken
  }
}
