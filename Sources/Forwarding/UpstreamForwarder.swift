internal import CCurl
public import EventLoops
public import Gateway
internal import HTTP
internal import NIOCore

/// One event loop's deliveries to upstreams: libcurl opens and secures the connections, HTTP/1.1 is spoken here.
public final class UpstreamForwarder: Forwarder {
  /// What is received at once.
  private static let roomBytes = 65_536
  private static let sweepMilliseconds: Int64 = 250

  let connector: Connector
  /// What every reception of this loop goes into; it is used up before the next.
  let room = UnsafeMutableRawBufferPointer.allocate(byteCount: roomBytes, alignment: 16)
  /// For the attempts that begin from now on.
  public var answerHeaderBytesMax: Int
  private let eventLoop: EpollLoop
  private let connectionsMax: Int
  private var pools: [ObjectIdentifier: ConnectionPool] = [:]
  /// Most deliveries go where the last one went.
  private var lastPool: ConnectionPool?
  /// Of the configuration in force; nil before the first reload, when there are no others.
  private var known: [ObjectIdentifier: Upstream]?
  private let idle = ConnectionPool.Total()
  private var writers: [RequestWriter] = []
  /// In no order; each attempt knows its place.
  private var running: [UpstreamAttempt] = []
  private var sweep: Scheduled<Void>?
  private var isClosed = false

  /// Prepares libcurl for the whole program; call once, before any thread of it exists.
  public static func prepareProcess() {
    precondition(curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK, "libcurl could not be initialised")
  }

  /// To be made on `eventLoop`. No connection is kept idle where it would be one more than `connectionsMax`.
  public init(eventLoop: EpollLoop, connectionsMax: Int, answerHeaderBytesMax: Int) {
    self.eventLoop = eventLoop
    self.connectionsMax = connectionsMax
    self.answerHeaderBytesMax = answerHeaderBytesMax
    connector = Connector(eventLoop: eventLoop)
  }

  deinit { room.deallocate() }

  /// Ends every attempt without a word and closes all connections. Nothing may be started afterwards.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    sweep?.cancel()
    for attempt in running { attempt.cancel() }
    for pool in pools.values { pool.retire() }
    pools = [:]
  }

  /// Closes the connections to upstreams that no configuration names any more; those in use go when they are done.
  public func keepOnly(_ upstreams: [Upstream]) {
    let known = Dictionary(upstreams.map { (ObjectIdentifier($0), $0) }) { first, _ in first }
    self.known = known
    for (upstream, pool) in pools where known[upstream] == nil {
      pool.retire()
      pools[upstream] = nil
    }
  }

  // MARK: Forwarder

  public func start(
    _ request: ForwardRequest, to upstream: Upstream, observer: any AttemptObserver, index: Int
  ) -> any Attempt {
    let now = now()
    let attempt = UpstreamAttempt(
      request, to: upstream, pool: pool(of: upstream), forwarder: self, observer: observer, index: index,
      now: now
    )
    attempt.place = running.count
    running.append(attempt)
    attempt.begin(now: now)
    scheduleSweep()
    return attempt
  }

  private func pool(of upstream: Upstream) -> ConnectionPool {
    if let lastPool, lastPool.upstream === upstream, !lastPool.isRetired { return lastPool }
    let pool = findPool(of: upstream)
    lastPool = pool
    return pool
  }

  private func findPool(of upstream: Upstream) -> ConnectionPool {
    if let pool = pools[ObjectIdentifier(upstream)] { return pool }
    let pool = ConnectionPool(upstream: upstream, total: idle)
    // A delivery that began before a reload: nobody after it may have its connection.
    if let known, known[ObjectIdentifier(upstream)] == nil {
      pool.retire()
      return pool
    }
    pools[ObjectIdentifier(upstream)] = pool
    return pool
  }

  // MARK: For the attempts

  func now() -> UInt64 { UInt64(max(NIODeadline.now().uptimeNanoseconds, 0)) }

  /// Does it when whatever is being done now is done, unless the attempt is over by then.
  func later(_ attempt: UpstreamAttempt, _ body: @escaping (UpstreamAttempt) -> Void) {
    let bound = NIOLoopBound((attempt, body), eventLoop: eventLoop)
    eventLoop.execute {
      let (attempt, body) = bound.value
      if attempt.place != nil { body(attempt) }
    }
  }

  func retire(_ attempt: UpstreamAttempt) {
    guard let place = attempt.place else { return }
    attempt.place = nil
    let last = running.removeLast()
    if last !== attempt {
      running[place] = last
      last.place = place
    }
  }

  func giveBack(_ stream: UpstreamStream, of attempt: UpstreamAttempt) {
    let seconds = UInt64(attempt.request.times.upstreamIdleSecondsMax)
    let pool = attempt.pool
    guard !isClosed, !pool.isRetired, seconds > 0, running.count + idle.count < connectionsMax,
      stream.isKnownQuiet || stream.isQuiet()
    else {
      return stream.close()
    }
    pool.giveBack(stream, until: now() + seconds * 1_000_000_000)
    scheduleSweep()
  }

  func takeWriter() -> RequestWriter { writers.popLast() ?? RequestWriter() }

  func giveBack(_ writer: RequestWriter) {
    writer.empty()
    if writers.count < 64 { writers.append(writer) }
  }

  // MARK: Time

  /// A sweep over what is running costs nothing per delivery.
  private func scheduleSweep() {
    guard sweep == nil, !isClosed else { return }
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    sweep = eventLoop.scheduleTask(in: .milliseconds(Self.sweepMilliseconds)) { bound.value.sweepDeadlines() }
  }

  private func sweepDeadlines() {
    sweep = nil
    let now = now()
    for attempt in running {
      attempt.finishIfContent()
      if attempt.request.deadlineUptimeNanoseconds <= now {
        attempt.missed(.totalTimeout)
      } else if attempt.firstByteDeadline <= now {
        attempt.missed(.firstByteTimeout)
      }
    }
    for pool in pools.values { pool.closeAged(now) }
    connector.trim()
    if !running.isEmpty || idle.count > 0 { scheduleSweep() }
  }
}
