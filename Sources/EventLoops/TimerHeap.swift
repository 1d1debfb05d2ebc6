internal import NIOCore

/// A task that waits for its time. Each knows its place in the heap, so that a cancelled one leaves at once.
//
// @unchecked Sendable: it is made by one thread, and used by its loop's from then on.
class LoopTimer: @unchecked Sendable {
  let deadline: UInt64
  /// Of two with one deadline the earlier made runs first.
  fileprivate(set) var number: UInt64 = 0
  fileprivate var place = -1
  /// Ran, or was cancelled, be it before its loop had taken it over.
  fileprivate var isOver = false

  init(deadline: NIODeadline) { self.deadline = deadline.uptimeNanoseconds }

  func run() {}
  func fail(_ error: any Error) {}

  fileprivate func isBefore(_ other: LoopTimer) -> Bool {
    deadline != other.deadline ? deadline < other.deadline : number < other.number
  }
}

/// One whose result is somebody's future.
//
// @unchecked Sendable: see LoopTimer; its own parts are constants.
final class TaskTimer<Value>: LoopTimer, @unchecked Sendable {
  private let promise: EventLoopPromise<Value>
  private let task: @Sendable () throws -> Value

  init(
    deadline: NIODeadline, promise: EventLoopPromise<Value>, task: @escaping @Sendable () throws -> Value
  ) {
    self.promise = promise
    self.task = task
    super.init(deadline: deadline)
  }

  override func run() {
    do {
      promise.assumeIsolated().succeed(try task())
    } catch {
      promise.fail(error)
    }
  }

  override func fail(_ error: any Error) { promise.fail(error) }
}

/// Timers by deadline, then in the order in which they were made: a binary heap.
struct TimerHeap {
  private var timers: [LoopTimer] = []
  private var made: UInt64 = 0

  var first: LoopTimer? { timers.first }
  var count: Int { timers.count }

  mutating func insert(_ timer: LoopTimer) {
    guard !timer.isOver else { return }
    made += 1
    timer.number = made
    timers.append(timer)
    rise(timers.count - 1)
  }

  /// Takes it out; nothing happens where it has run already.
  mutating func remove(_ timer: LoopTimer) {
    timer.isOver = true
    let place = timer.place
    guard place >= 0 else { return }
    timer.place = -1
    let last = timers.removeLast()
    guard last !== timer else { return }
    put(last, place)
    sink(place)
    rise(last.place)
  }

  mutating func popDue(_ now: UInt64) -> LoopTimer? {
    guard let first = timers.first, first.deadline <= now else { return nil }
    remove(first)
    return first
  }

  private mutating func rise(_ start: Int) {
    var place = start
    let timer = timers[place]
    while place > 0 {
      let above = (place - 1) / 2
      guard timer.isBefore(timers[above]) else { break }
      put(timers[above], place)
      place = above
    }
    put(timer, place)
  }

  private mutating func sink(_ start: Int) {
    var place = start
    let timer = timers[place]
    while true {
      var below = 2 * place + 1
      guard below < timers.count else { break }
      if below + 1 < timers.count, timers[below + 1].isBefore(timers[below]) { below += 1 }
      guard timers[below].isBefore(timer) else { break }
      put(timers[below], place)
      place = below
    }
    put(timer, place)
  }

  private mutating func put(_ timer: LoopTimer, _ place: Int) {
    timers[place] = timer
    timer.place = place
  }
}
