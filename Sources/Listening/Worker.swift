public import Gateway
public import NIOCore

/// One event loop at work: what it owns, its forwarder and its senders' connections.
public final class Worker {
  public let loop: LoopContext
  let forwarder: any Forwarder
  private let eventLoop: any EventLoop
  private var connections: [ObjectIdentifier: Connection] = [:]
  private var sweep: Scheduled<Void>?
  private var idleBuffer: ByteBuffer?
  private(set) var isDraining = false

  /// To be made on `eventLoop`.
  public init(
    eventLoop: any EventLoop, loop: LoopContext, forwarder: any Forwarder
  ) {
    self.eventLoop = eventLoop
    self.loop = loop
    self.forwarder = forwarder
  }

  var isBusy: Bool { !connections.isEmpty || loop.admission.deliveriesInFlight > 0 }

  func add(_ connection: Connection) {
    connections[ObjectIdentifier(connection)] = connection
    scheduleSweep()
  }

  func remove(_ connection: Connection) { connections[ObjectIdentifier(connection)] = nil }

  // MARK: The drain

  /// From now on every answer that begins ends its connection.
  public func beginDraining() { isDraining = true }

  /// Connections on which no request has begun.
  public func closeIdle() {
    for connection in Array(connections.values) { connection.closeIfIdle() }
  }

  /// Whatever is still open when the drain's time is up.
  public func closeAll() {
    for connection in Array(connections.values) { connection.forceClose() }
  }

  // MARK: Deadlines

  /// To be called where a delivery begins that comes through no connection: its waits end at these looks.
  public func watchDeadlines() { scheduleSweep() }

  /// One look at all connections four times a second costs less than a timer for each delivery.
  private func scheduleSweep() {
    guard sweep == nil else { return }
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    sweep = eventLoop.scheduleTask(in: .milliseconds(250)) { bound.value.checkDeadlines() }
  }

  private func checkDeadlines() {
    sweep = nil
    loop.expireWaits()
    let now = loop.now()
    for connection in Array(connections.values) { connection.checkDeadline(now) }
    let keepsBodies = loop.trimBodies()
    if isBusy || keepsBodies { scheduleSweep() }
  }

  // MARK: The reply buffer

  /// An empty buffer to write one reply into. It is taken out of the worker meanwhile, so that its memory
  /// has one owner and need not be copied.
  func takeBuffer(_ allocator: ByteBufferAllocator) -> ByteBuffer {
    guard var buffer = idleBuffer else { return allocator.buffer(capacity: 4096) }
    idleBuffer = nil
    buffer.clear()
    return buffer
  }

  /// Kept for the next reply unless it grew large.
  func giveBack(_ buffer: ByteBuffer) {
    if buffer.capacity <= 131_072 { idleBuffer = buffer }
  }
}
