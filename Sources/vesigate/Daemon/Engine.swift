internal import EventLoops
internal import Formats
internal import Forwarding
internal import Gateway
internal import Listening
internal import NIOCore
internal import POSIX
internal import Telemetry

/// The event loops and what each of them owns. A new snapshot reaches every loop before `adopt` returns.
final class Engine: Sendable {
  let group: EpollGroup
  let workers: WorkerTable
  let admission: Admission
  private let cells: [NIOLoopBound<Cell>]

  /// One loop's own: made, used and freed on that loop.
  private final class Cell {
    let loop: LoopContext
    let forwarder: UpstreamForwarder
    let worker: Worker
    let counters: LoopCounters

    init(loop: LoopContext, forwarder: UpstreamForwarder, worker: Worker, counters: LoopCounters) {
      self.loop = loop
      self.counters = counters
      self.forwarder = forwarder
      self.worker = worker
    }
  }

  init(
    snapshot: Snapshot, group: EpollGroup, log: any Recorder & Sendable, refusals: any RefusalObserver,
    looks: LookDesk
  ) async throws {
    let admission = Admission()
    admission.noteRotations(of: snapshot)
    var cells: [NIOLoopBound<Cell>] = []
    var workers: [NIOLoopBound<Worker>] = []
    for loop in group.loops {
      let (cell, worker) = try await loop.submit {
        let cell = Engine.makeCell(
          on: loop, of: group.loops.count, snapshot: snapshot, admission: admission, log: log,
          refusals: refusals, looks: looks)
        return (NIOLoopBound(cell, eventLoop: loop), NIOLoopBound(cell.worker, eventLoop: loop))
      }.get()
      cells.append(cell)
      workers.append(worker)
    }
    self.group = group
    self.admission = admission
    self.cells = cells
    self.workers = WorkerTable(workers)
  }

  private static func makeCell(
    on loop: EpollLoop, of count: Int, snapshot: Snapshot, admission: Admission, log: any Recorder,
    refusals: any RefusalObserver, looks: LookDesk
  ) -> Cell {
    let limits = snapshot.limits
    let counters = LoopCounters()
    counters.adopt(snapshot)
    let context = LoopContext(
      snapshot: snapshot, admission: admission, recorder: LoopRecorder(log: log, counters: counters),
      looks: LoopLooks(desk: looks, eventLoop: loop), refusals: refusals,
      idSeed: UInt64.random(in: .min ... .max), now: Clocks.now)
    let forwarder = UpstreamForwarder(
      eventLoop: loop,
      connectionsMax: UpstreamForwarder.connectionsMax(inFlightMax: limits.inFlightMax, loops: count),
      answerHeaderBytesMax: limits.answerHeaderBytesMax)
    let worker = Worker(
      eventLoop: loop, loop: context, forwarder: forwarder)
    return Cell(loop: context, forwarder: forwarder, worker: worker, counters: counters)
  }

  /// Gives every loop the snapshot and waits until all have it. Not to be called on a loop.
  func adopt(_ snapshot: Snapshot) {
    let upstreams = snapshot.routes.all.flatMap(\.upstreams)
    // Before a loop can hold anything for it.
    admission.noteRotations(of: snapshot)
    let adopted = cells.map { cell in
      cell.eventLoop.submit {
        cell.value.loop.adopt(snapshot)
        cell.value.counters.adopt(snapshot)
        cell.value.forwarder.keepOnly(upstreams)
        cell.value.forwarder.answerHeaderBytesMax = snapshot.limits.answerHeaderBytesMax
      }
    }
    for future in adopted { try? future.wait() }
  }

  /// Whether a delivery in flight can still be judged by secrets that are no longer in force.
  func judgesByOlderSecrets() async -> Bool {
    for cell in cells {
      let judges = try? await cell.eventLoop.submit { cell.value.loop.judgesByOlderSecrets }.get()
      if judges == true { return true }
    }
    return false
  }

  /// What all loops have counted since the start. Each is only asked for a copy.
  func counters() async -> Counters {
    let copies = cells.map { cell in cell.eventLoop.submit { cell.value.counters.current } }
    var all = Counters()
    for copy in copies {
      if let counters = try? await copy.get() { all.add(counters) }
    }
    return all
  }

  /// Whether every loop turns.
  func turns() async -> Bool {
    for cell in cells {
      guard (try? await cell.eventLoop.submit({}).get()) != nil else { return false }
    }
    return true
  }

  /// The last word on what was counted comes back.
  func shutdown() async -> Counters {
    for cell in cells { try? await cell.eventLoop.submit { cell.value.forwarder.close() }.get() }
    let counters = await counters()
    try? await group.shutdownGracefully()
    return counters
  }
}

/// What becomes of a loop's exchanges: a line for people, numbers for machines.
//
// A class: two are asked for each delivery, and a reference is counted once.
private final class LoopRecorder: Recorder {
  private let log: any Recorder
  private let counters: LoopCounters

  init(log: any Recorder, counters: LoopCounters) {
    self.log = log
    self.counters = counters
  }

  func record(_ record: ExchangeRecord) {
    counters.record(record)
    log.record(record)
  }

  func recordAttempt(at upstream: Upstream, end: AttemptEnd, arrival: Moment) {
    counters.recordAttempt(at: upstream, end: end, arrival: arrival)
  }

  func recordUntaken(_ answer: UntakenAnswer, at bound: ConnectionBound) {
    log.recordUntaken(answer, at: bound)
  }
}
