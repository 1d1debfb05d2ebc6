internal import EventLoops
internal import Formats
internal import Forwarding
internal import Gateway
internal import Listening
internal import NIOCore
internal import POSIX
internal import Queue
internal import Synchronization
internal import Telemetry

/// The event loops and what each of them owns. A new snapshot reaches every loop before `adopt` returns.
final class Workers: Sendable {
  let group: EpollGroup
  let admission = Admission()
  /// What synchronous routes have answered, for repetitions.
  private let known = KnownDeliveries()
  private let loops = Mutex<[NIOLoopBound<Owned>]>([])

  /// One loop's own: made, used and freed on that loop.
  struct Owned {
    let worker: Worker
    let forwarder: UpstreamForwarder
    let counters: LoopCounters
  }

  /// The loops run from now on, and do nothing before they are started.
  init(threads: Int) { group = EpollGroup(threads: threads, named: "deliveries") }

  /// Gives every loop what it works with. Before that nothing can be adopted.
  func start(
    _ snapshot: Snapshot, log: any Recorder & Sendable, fields: DeliveryFields, refusals: any RefusalObserver,
    looks: SecretWatcher
  ) async throws -> WorkerTable {
    admission.noteRotations(of: snapshot)
    var workers: [NIOLoopBound<Worker>] = []
    for loop in group.loops {
      let (owned, worker) = try await loop.submit { [self] in
        let owned = own(on: loop, snapshot, log: log, fields: fields, refusals: refusals, looks: looks)
        return (NIOLoopBound(owned, eventLoop: loop), NIOLoopBound(owned.worker, eventLoop: loop))
      }.get()
      loops.withLock { $0.append(owned) }
      workers.append(worker)
    }
    return WorkerTable(workers)
  }

  private func own(
    on loop: EpollLoop, _ snapshot: Snapshot, log: any Recorder, fields: DeliveryFields,
    refusals: any RefusalObserver, looks: SecretWatcher
  ) -> Owned {
    let limits = snapshot.limits
    let counters = LoopCounters()
    counters.adopt(snapshot)
    let context = LoopContext(
      snapshot: snapshot, admission: admission, recorder: LoopRecorder(log: log, counters: counters),
      looks: LoopLooks(watcher: looks, eventLoop: loop), refusals: refusals,
      idSeed: UInt64.random(in: .min ... .max), now: Clocks.now)
    context.fields = fields
    context.repetitions = Repetitions(known: known) { work in loop.execute(work) }
    let forwarder = UpstreamForwarder(
      eventLoop: loop,
      connectionsMax: UpstreamForwarder.connectionsMax(
        inFlightMax: limits.inFlightMax, loops: group.loops.count),
      answerHeaderBytesMax: limits.answerHeaderBytesMax)
    let worker = Worker(eventLoop: loop, loop: context, forwarder: forwarder)
    return Owned(worker: worker, forwarder: forwarder, counters: counters)
  }

  /// From now on every loop keeps deliveries of durable routes. Not to be called on a loop.
  func keep(by dispatcher: Dispatcher) {
    let taken = zip(group.loops, all).map { eventLoop, loop in
      loop.eventLoop.submit {
        let context = loop.value.worker.loop
        let keeper = LoopKeeper(
          dispatcher: dispatcher, caller: LoopCaller(eventLoop), forwarder: loop.value.forwarder,
          recorder: context.recorder, now: Clocks.now)
        context.keeper = keeper
        context.quarantine = keeper
        dispatcher.add(keeper)
      }
    }
    for future in taken { try? future.wait() }
  }

  var all: [NIOLoopBound<Owned>] { loops.withLock { $0 } }

  /// Gives every loop the snapshot and waits until all have it. Not to be called on a loop.
  func adopt(_ snapshot: Snapshot) {
    let upstreams = snapshot.routes.all.flatMap(\.upstreams)
    // Before a loop can hold anything for it.
    admission.noteRotations(of: snapshot)
    let adopted = all.map { loop in
      loop.eventLoop.submit {
        loop.value.worker.loop.adopt(snapshot)
        loop.value.counters.adopt(snapshot)
        loop.value.forwarder.keepOnly(upstreams)
        loop.value.forwarder.answerHeaderBytesMax = snapshot.limits.answerHeaderBytesMax
      }
    }
    for future in adopted { try? future.wait() }
  }

  /// Whether a delivery in flight can still be judged by secrets that are no longer in force.
  func judgesByOlderSecrets() async -> Bool {
    for loop in all {
      let judges = try? await loop.eventLoop.submit { loop.value.worker.loop.judgesByOlderSecrets }.get()
      if judges == true { return true }
    }
    return false
  }

  /// What all loops have counted since the start. Each is only asked for a copy.
  func counters() async -> Counters {
    let copies = all.map { loop in loop.eventLoop.submit { loop.value.counters.current } }
    var all = Counters()
    for copy in copies {
      if let counters = try? await copy.get() { all.add(counters) }
    }
    return all
  }

  /// Whether every loop turns.
  func turns() async -> Bool {
    for loop in all {
      guard (try? await loop.eventLoop.submit({}).get()) != nil else { return false }
    }
    return true
  }

  /// The last word on what was counted comes back.
  func shutdown() async -> Counters {
    for loop in all { try? await loop.eventLoop.submit { loop.value.forwarder.close() }.get() }
    let counters = await counters()
    try? await group.shutdownGracefully()
    return counters
  }
}
