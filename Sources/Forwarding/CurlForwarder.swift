internal import CCurl
internal import CLinux
public import Gateway
internal import Glibc
public import NIOCore

/// One event loop's share of libcurl: a multi handle with its connection pool, driven by that loop alone.
public final class CurlForwarder: Forwarder {
  let eventLoop: any EventLoop
  var multi: UnsafeMutableRawPointer
  private let connectionsMax: Int
  let sockets = SocketTable()
  /// For the attempts that begin from now on.
  public var answerHeaderBytesMax: Int
  private var pools: [ObjectIdentifier: HandlePool] = [:]
  /// In no order; each transfer knows its place.
  var running: [Transfer] = []
  /// Started, and not yet libcurl's.
  private var starting: [Transfer] = []
  private var cancelledTransfers: [Transfer] = []
  /// Paused until libcurl has said which socket they have.
  private var awaitingSocket: [Transfer] = []
  /// The one of them that goes on just now, and what libcurl waits for on its behalf.
  var goingOn: Transfer?
  var goingOnFor: UInt32 = 0
  var sweep: Scheduled<Void>?
  var isDriving = false
  private var isDriveScheduled = false
  var isClosed = false
  var timer = CurlTimer()

  /// Prepares libcurl for the whole program; call once, before any thread of it exists.
  public static func prepareProcess() {
    precondition(vg_global_init() == CURLE_OK, "libcurl could not be initialised")
  }

  /// To be made on `eventLoop`. `connectionsMax` bounds the pool of idle connections to upstreams.
  public init(eventLoop: any EventLoop, connectionsMax: Int, answerHeaderBytesMax: Int) {
    self.eventLoop = eventLoop
    self.answerHeaderBytesMax = answerHeaderBytesMax
    self.connectionsMax = connectionsMax
    multi = CurlForwarder.makeMulti()
    prepareMulti()
  }

  static func makeMulti() -> UnsafeMutableRawPointer {
    guard let multi = curl_multi_init() else { fatalError("libcurl gave no multi handle") }
    return multi
  }

  func prepareMulti() {
    vg_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connectionsMax)
    vg_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
    setCallbacks()
  }

  /// The descriptor that is readable whenever `drive` has something to do.
  public var readinessDescriptor: CInt { sockets.epoll }

  /// Ends every attempt without a word and frees libcurl's memory. Nothing may be started afterwards.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    sweep?.cancel()
    timer.scheduled?.cancel()
    for transfer in running { curl_multi_remove_handle(multi, transfer.easy.raw) }
    running = []
    starting = []
    pools = [:]
    curl_multi_cleanup(multi)
  }

  /// Frees the handles of upstreams that no configuration names any more; those in use go when they are done.
  public func keepOnly(_ upstreams: [Upstream]) {
    let known = Set(upstreams.map { ObjectIdentifier($0) })
    for (upstream, pool) in pools where !known.contains(upstream) {
      pool.isRetired = true
      pool.idle = []
      pools[upstream] = nil
    }
  }

  // MARK: Forwarder

  public func start(
    _ request: ForwardRequest, to upstream: Upstream, observer: any AttemptObserver, tag: Int
  ) -> any Attempt {
    guard let transfer = takeTransfer(to: upstream, times: request.times) else {
      return FailedAttempt(on: eventLoop, observer: observer, tag: tag)
    }
    transfer.begin(
      request, observer: observer, tag: tag, answerHeaderBytesMax: answerHeaderBytesMax,
      now: NIODeadline.now().uptimeNanosecondsUnsigned)
    transfer.place = running.count
    running.append(transfer)
    transfer.isStarting = true
    starting.append(transfer)
    scheduleDrive()
    scheduleSweep()
    return transfer
  }

  private func takeTransfer(to upstream: Upstream, times: ForwardTimes) -> Transfer? {
    let pool = pools[ObjectIdentifier(upstream)] ?? HandlePool()
    pools[ObjectIdentifier(upstream)] = pool
    if let pooled = pool.idle.popLast() { return pooled }
    guard let transfer = Transfer(upstream: upstream, times: times, forwarder: self, pool: pool) else {
      return nil
    }
    setSocketCallbacks(transfer)
    return transfer
  }

  func unpause(_ transfer: Transfer) {
    curl_easy_pause(transfer.easy.raw, CURLPAUSE_CONT)
    scheduleDrive()
  }

  /// A handle must not be removed inside one of its own callbacks, so that waits for the end of the drive.
  func cancelled(_ transfer: Transfer) {
    cancelledTransfers.append(transfer)
    scheduleDrive()
  }

  /// Called when libcurl asks for a body and has not said yet where it goes, as of a pooled connection.
  func awaitsSocket(_ transfer: Transfer) { awaitingSocket.append(transfer) }

  // MARK: Driving libcurl

  /// Lets libcurl do what its sockets and timers ask for, and reports what is finished.
  public func drive() {
    guard !isDriving, !isClosed else { return }
    isDriving = true
    isDriveScheduled = false
    var runningCount: CInt = 0
    drainSockets(&runningCount)
    beginTransfers(&runningCount)
    if timer.isDue(.now()) { act(&runningCount) }
    reportFinished()
    removeCancelled()
    isDriving = false
    armTimer()
  }

  /// Once per tick of the loop, however many attempts were started in it.
  func scheduleDrive() {
    guard !isDriveScheduled, !isClosed else { return }
    isDriveScheduled = true
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    eventLoop.execute { bound.value.drive() }
  }

  /// Bounded: what is ready after these rounds keeps the descriptor readable, so we are called again.
  private func drainSockets(_ runningCount: inout CInt) {
    for _ in 0..<4 { guard look(isServing: true, &runningCount).isMore else { return } }
  }

  /// What is handed over after one look at the pooled connections: fewer looks, yet none is long ago.
  private static let beginningsPerLook = 16

  /// Hands over one by one what was started. Each may take any pooled connection, so all are looked at before,
  /// also those that an answer has just given back.
  private func beginTransfers(_ runningCount: inout CInt) {
    var transfers: [Transfer] = []
    swap(&transfers, &starting)
    for (index, transfer) in transfers.enumerated() {
      if index.isMultiple(of: Self.beginningsPerLook) { lookAtPool(&runningCount) }
      guard transfer.isStarting else { continue }
      transfer.isStarting = false
      curl_multi_add_handle(multi, transfer.easy.raw)
      act(&runningCount)
    }
  }

  /// Lets libcurl do what is due by its timer.
  private func act(_ runningCount: inout CInt) {
    timer.cleared()
    curl_multi_socket_action(multi, CURL_SOCKET_BAD, 0, &runningCount)
    goOn(&runningCount)
  }

  /// Lets libcurl ask again who would not send to a socket that it did not know.
  private func goOn(_ runningCount: inout CInt) {
    while let transfer = awaitingSocket.popLast() {
      guard transfer.place != nil, !transfer.isCancelled else { continue }
      goingOn = transfer
      goingOnFor = 0
      curl_easy_pause(transfer.easy.raw, CURLPAUSE_CONT)
      timer.cleared()
      curl_multi_socket_action(multi, CURL_SOCKET_BAD, 0, &runningCount)
      goingOn = nil
      if goingOnFor != 0 {
        sockets.wait(transfer.socket, for: goingOnFor, isPaused: false, pooledUntil: .max)
      }
    }
  }

  /// Answers that lie there are served, or they would be found again at every look; who serves one gives its
  /// connection back, so it looks once more. Bounded: in the last rounds they are left lying.
  private func lookAtPool(_ runningCount: inout CInt) {
    for round in 0..<16 {
      let found = look(isServing: round < 4, &runningCount)
      guard found.isMore || found.isServed else { return }
    }
  }

  /// Takes out the ready connections that nobody asked, and tells libcurl of the others.
  private func look(isServing: Bool, _ runningCount: inout CInt) -> (isMore: Bool, isServed: Bool) {
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 64) { events in
      let count = Int(epoll_wait(sockets.epoll, events.baseAddress, CInt(events.count), 0))
      guard count > 0 else { return (false, false) }
      // All of them before libcurl gets to act: afterwards the numbers may mean other sockets.
      for event in events[..<count] { sockets.rejectUnasked(event.data.fd) }
      var isServed = false
      for event in events[..<count] where isServing && sockets.isWanted(event.data.fd) {
        isServed = true
        curl_multi_socket_action(multi, event.data.fd, mask(of: event.events), &runningCount)
        goOn(&runningCount)
      }
      return (count == events.count, isServed)
    }
  }

  private func mask(of events: UInt32) -> CInt {
    var mask: CInt = 0
    if events & EPOLLIN.rawValue != 0 { mask |= CURL_CSELECT_IN }
    if events & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
    if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
    return mask
  }

  private func reportFinished() {
    var code = CURLE_OK
    while let easy = vg_multi_next_finished(multi, &code) {
      var context: UnsafeMutableRawPointer?
      vg_get_private(easy, &context)
      guard let context else { continue }
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      let isCancelled = transfer.isCancelled
      retire(transfer)
      if isCancelled { transfer.end() } else { transfer.finished(code) }
      giveBack(transfer)
    }
  }

  private func removeCancelled() {
    while let transfer = cancelledTransfers.popLast() {
      // It may have ended by itself meanwhile, and even be at work for another delivery again.
      guard transfer.isCancelled, transfer.place != nil else { continue }
      retire(transfer)
      transfer.end()
      giveBack(transfer)
    }
  }

  func retire(_ transfer: Transfer) {
    transfer.isStarting = false
    curl_multi_remove_handle(multi, transfer.easy.raw)
    guard let place = transfer.place else { return }
    transfer.place = nil
    let last = running.removeLast()
    if last !== transfer {
      running[place] = last
      last.place = place
    }
  }

  func giveBack(_ transfer: Transfer) {
    if !transfer.pool.isRetired { transfer.pool.idle.append(transfer) }
  }
}
