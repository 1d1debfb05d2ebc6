internal import Synchronization

/// Changes of many that go on behind the page that asked for them, a page of deliveries at a time, so that accepting
/// goes on too. Replays are not among them: the store keeps those, and they go on behind a restart. These end with the
/// daemon, and what they have done by then is done.
final class InspectorJobs: Sendable {
  /// Under way or paused at once; whoever wants more has to stop one.
  static let openMax = 8
  /// Those that are over, the newest ones.
  static let overMax = 20
  /// Deliveries of one page: a pause or a stop waits for no more.
  static let pageMax = 250

  enum Begun: Equatable {
    case begun(Int)
    case tooMany
  }

  private struct Room {
    /// In the order in which they were asked for.
    var jobs: [InspectorJob] = []
    var last = 0
    /// Those that somebody works at.
    var atWork: Set<Int> = []
  }

  private let source: any InspectorSource
  private let room = Mutex(Room())

  init(source: any InspectorSource) { self.source = source }

  /// The newest first.
  var all: [InspectorJob] { room.withLock { $0.jobs.reversed() } }

  /// Whether any of them goes on now.
  var isAtWork: Bool { room.withLock { !$0.atWork.isEmpty } }

  func find(_ number: Int) -> InspectorJob? {
    room.withLock { room in room.jobs.first { $0.number == number } }
  }

  /// - Parameters:
  ///   - work: with its whole filter, as the page has counted it.
  ///   - total: what was counted.
  func begin(_ work: InspectorJob.Work, total: Int, by caller: InspectorCaller) -> Begun {
    let begun = room.withLock { room -> (number: Int, isNew: Bool)? in
      // A button that was pressed twice is pressed once.
      if let same = room.jobs.last(where: { !$0.state.isOver && $0.asked == work }) {
        return (same.number, false)
      }
      guard room.jobs.count(where: { !$0.state.isOver }) < Self.openMax else { return nil }
      room.last += 1
      var job = InspectorJob(work, by: caller)
      (job.number, job.total, job.began) = (room.last, total, source.now())
      room.jobs.append(job)
      Self.forget(&room)
      room.atWork.insert(job.number)
      return (job.number, true)
    }
    guard let begun else { return .tooMany }
    if begun.isNew { Task { await self.work(at: begun.number) } }
    return .begun(begun.number)
  }

  /// - Returns: as it is then; nil where there is none, or where that cannot happen to it.
  func change(_ number: Int, _ event: InspectorJob.Event) -> InspectorJob? {
    let (changed, isTakenUp) = room.withLock { room -> (InspectorJob?, Bool) in
      guard let index = room.jobs.firstIndex(where: { $0.number == number }),
        let state = room.jobs[index].state.after(event)
      else { return (nil, false) }
      room.jobs[index].state = state
      room.jobs[index].message = ""
      if state.isOver { room.jobs[index].ended = source.now() }
      let changed = room.jobs[index]
      Self.forget(&room)
      // Whoever was still at its last page goes on by himself.
      return (changed, state == .running && room.atWork.insert(number).inserted)
    }
    if isTakenUp { Task { await self.work(at: number) } }
    return changed
  }

  private static func forget(_ room: inout Room) {
    let over = room.jobs.filter(\.state.isOver)
    let old = Set(over.prefix(max(over.count - overMax, 0)).map(\.number))
    room.jobs.removeAll { old.contains($0.number) }
  }

  // MARK: Working

  /// Until it is over, or until it is not to go on.
  private func work(at number: Int) async {
    while let job = next(number) {
      switch job.work {
      case .queue(let request):
        note(number, await source.queue(Self.page(request), by: job.caller.queueCaller), request)
      case .quarantine(let request):
        note(number, await source.quarantine(Self.page(request), by: job.caller.queueCaller), request)
      }
    }
  }

  /// Nil where nobody is to work at it now.
  private func next(_ number: Int) -> InspectorJob? {
    room.withLock { room in
      if let job = room.jobs.first(where: { $0.number == number }), job.state == .running { return job }
      room.atWork.remove(number)
      return nil
    }
  }

  private static func page(_ request: QueueRequest) -> QueueRequest {
    var page = request
    page.limit = pageMax
    return page
  }

  private static func page(_ request: QuarantineRequest) -> QuarantineRequest {
    var page = request
    page.limit = pageMax
    return page
  }

  private func note(_ number: Int, _ answer: QueueAnswer, _ request: QueueRequest) {
    var request = request
    request.before = answer.before
    note(number, answer.ok, answer.message, isLast: answer.before == nil) { job in
      job.changed += answer.count
      job.work = .queue(request)
    }
  }

  private func note(_ number: Int, _ answer: QuarantineAnswer, _ request: QuarantineRequest) {
    var request = request
    request.from = answer.next
    note(number, answer.ok, answer.message, isLast: answer.next == nil) { job in
      job.changed += answer.count
      job.leftovers.duplicates += answer.duplicates
      job.leftovers.unverified += answer.unverified
      job.leftovers.revoked += answer.revoked
      job.leftovers.waiting += answer.waiting
      job.leftovers.broken += answer.broken
      job.work = .quarantine(request)
    }
  }

  /// What a page came to. One that was not answered as it should be is asked for again once somebody says so.
  private func note(
    _ number: Int, _ isDone: Bool, _ message: String, isLast: Bool, _ add: (inout InspectorJob) -> Void
  ) {
    room.withLock { room in
      guard let index = room.jobs.firstIndex(where: { $0.number == number }) else { return }
      guard isDone else {
        if room.jobs[index].state == .running { room.jobs[index].state = .failing }
        room.jobs[index].message = message
        return
      }
      add(&room.jobs[index])
      // Also where it was paused meanwhile: there is nothing left to go on with.
      guard isLast, room.jobs[index].state != .stopped else { return }
      room.jobs[index].state = .done
      room.jobs[index].ended = source.now()
      Self.forget(&room)
    }
  }
}
