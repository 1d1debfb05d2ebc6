import Foundation
import Synchronization
import TestSupport

/// The provider's senders: so many signed deliveries a second over connections that are kept, each signed
/// with the secret of that instant, and tried again after Retry-After until it is taken. Forgeries, which
/// nobody tries again, go among them. One thread does it all.
final class DeliveryLoad: Sendable {
  struct Tally: Sendable {
    var genuine = 0
    var forged = 0
    var accepted = 0
    /// Taken at the first try.
    var acceptedAtOnce = 0
    var retriesAfter503 = 0
    /// 401 for a genuine delivery whose secret was still the current one when the answer came.
    var refusedWithCurrentSecret = 0
    /// 401 for a genuine delivery whose secret had been replaced.
    var refusedWithOldSecret = 0
    /// Of those: in which rotations, and how long the quickest of them was on its way.
    var refusedAfter: [Int: Int] = [:]
    var refusedSecondsMin = Double.infinity
    var forgedAccepted = 0
    var forgedStatuses: [Int: Int] = [:]
    /// Any other answer, or none, and 503 without Retry-After.
    var failures: [String] = []
    var waiting = 0
    var connections = 0
  }

  struct Plan: Sendable {
    var genuinePerSecond = Sanitizers.share(of: 500)
    var forgedPerSecond = Sanitizers.share(of: 50)
    /// Also 401 is tried again, where an old secret was revoked on purpose.
    var retriesOldSecret = false
  }

  private let gateway: UInt16
  private let provider: ProviderSimulator
  private let plan: Plan
  private let tally = Mutex(Tally())
  private let isOver = Atomic<Bool>(false)
  private let isAbandoned = Atomic<Bool>(false)
  private let isDone = Atomic<Bool>(false)

  init(_ gateway: GatewayProcess, _ provider: ProviderSimulator, _ plan: Plan = Plan()) {
    self.gateway = gateway.port
    self.provider = provider
    self.plan = plan
    let thread = Thread { [self] in
      LoadThread(self, port: self.gateway, provider: provider, plan: plan).run()
      isDone.store(true, ordering: .sequentiallyConsistent)
    }
    thread.stackSize = 4 << 20
    thread.start()
  }

  var now: Tally { tally.withLock { $0 } }

  /// Sends nothing new, and waits until every genuine delivery has been taken.
  func stop(within seconds: Double = 70) -> Tally {
    isOver.store(true, ordering: .sequentiallyConsistent)
    if !eventually(within: seconds, { isDone.load(ordering: .sequentiallyConsistent) }) {
      tally.withLock { $0.failures.append("\($0.waiting) deliveries were never taken") }
    }
    return now
  }

  /// Ends at once, where a test fails on its way.
  func abandon() {
    isAbandoned.store(true, ordering: .relaxed)
    isOver.store(true, ordering: .sequentiallyConsistent)
  }

  fileprivate var isGivenUp: Bool { isAbandoned.load(ordering: .relaxed) }
  fileprivate var isStopping: Bool { isOver.load(ordering: .relaxed) }
  fileprivate func note(_ change: (inout Tally) -> Void) { tally.withLock { change(&$0) } }
}

/// What the load's thread has for itself.
private final class LoadThread {
  private struct Job {
    let delivery: Delivery
    var tries = 0
    /// The number of the secret that signed it last.
    var secret = 0
    /// Uptime in seconds.
    var signedAt = 0.0
  }

  private struct Busy {
    var job: Job
    var unread: [UInt8] = []
  }

  private let load: DeliveryLoad
  private let port: UInt16
  private let provider: ProviderSimulator
  private let plan: DeliveryLoad.Plan
  private let poller = Poller()
  private var idle: [Int32] = []
  private var busy: [Int32: Busy] = [:]
  /// Uptime in seconds, and what is due then.
  private var waiting: [(due: Double, job: Job)] = []
  private var chunk = [UInt8](repeating: 0, count: 16_384)
  private var made = (genuine: 0, forged: 0)
  private var start = LoadThread.uptime
  /// Genuine deliveries that may wait for their answer at once; while a rotation holds them they are many.
  private static let waitingMax = 2_000

  init(
    _ load: DeliveryLoad, port: UInt16, provider: ProviderSimulator, plan: DeliveryLoad.Plan
  ) {
    self.load = load
    self.port = port
    self.provider = provider
    self.plan = plan
  }

  /// What is due is told by it; a machine under other load sends later.
  private static var uptime: Double { ProcessInfo.processInfo.systemUptime }

  func run() {
    // Deliveries that nobody takes end the test, not this thread's life.
    var giveUp = Double.infinity
    while !load.isStopping || !(busy.isEmpty && waiting.isEmpty), Self.uptime < giveUp, !load.isGivenUp {
      if load.isStopping { giveUp = min(giveUp, Self.uptime + 400) } else { sendNew() }
      sendWaiting()
      for socket in poller.wait(milliseconds: 2) { receive(socket) }
      load.note {
        $0.waiting = busy.count + waiting.count
        $0.connections = busy.count + idle.count
      }
    }
    for socket in idle + busy.keys { close(socket) }
  }

  /// As many as are due by the clock, so that a slow moment is caught up with; a long one is left out.
  private func sendNew() {
    guard busy.count < Self.waitingMax else { return start += 0.002 }
    let seconds = Self.uptime - start
    while made.genuine < Int(seconds * Double(plan.genuinePerSecond)) {
      made.genuine += 1
      load.note { $0.genuine += 1 }
      send(Job(delivery: Delivery(number: made.genuine, isForged: false)))
    }
    while made.forged < Int(seconds * Double(plan.forgedPerSecond)) {
      made.forged += 1
      load.note { $0.forged += 1 }
      send(Job(delivery: Delivery(number: made.forged, isForged: true)))
    }
  }

  private func sendWaiting() {
    let now = Self.uptime
    let due = waiting.filter { $0.due <= now }
    guard !due.isEmpty else { return }
    waiting.removeAll { $0.due <= now }
    for (_, job) in due { send(job) }
  }

  private func send(_ job: Job) {
    var job = job
    let (secret, number) = provider.current
    job.tries += 1
    job.secret = number
    job.signedAt = Self.uptime
    let request = SignedRequest(job.delivery.body).with {
      $0.secret = job.delivery.isForged ? "a guess, number \(job.delivery.number)" : secret
    }
    do {
      let socket = try idle.popLast() ?? connect()
      busy[socket] = Busy(job: job)
      guard Net.send(socket, request.bytes) else { return drop(socket, "the gateway took no request") }
    } catch {
      load.note { if $0.failures.count < 50 { $0.failures.append("\(error)") } }
    }
  }

  private func connect() throws -> Int32 {
    let socket = try Net.connected(port)
    poller.add(socket)
    return socket
  }

  private func drop(_ socket: Int32, _ text: String) {
    let job = busy.removeValue(forKey: socket)?.job
    idle.removeAll { $0 == socket }
    poller.remove(socket)
    close(socket)
    guard let job else { return }
    fail(job, text)
  }

  private func fail(_ job: Job, _ text: String) {
    load.note { tally in
      guard tally.failures.count < 50 else { return }
      tally.failures.append("\(job.delivery.body) try \(job.tries) by secret \(job.secret): \(text)")
    }
  }

  private func receive(_ socket: Int32) {
    guard let bytes = Net.receive(socket, into: &chunk) else { return drop(socket, "the gateway hung up") }
    guard busy[socket] != nil else { return drop(socket, "bytes that nobody asked for") }
    busy[socket]!.unread += bytes
    guard let (head, _) = Wire.messageLength(busy[socket]!.unread),
      let done = busy.removeValue(forKey: socket)
    else { return }
    idle.append(socket)
    answered(done.job, done.unread[..<head])
  }

  private static let retryAfter = Array("retry-after:".utf8)

  private func answered(_ job: Job, _ head: ArraySlice<UInt8>) {
    let status = Int(String(decoding: head.dropFirst(9).prefix(3), as: UTF8.self)) ?? 0
    if job.delivery.isForged {
      return load.note {
        $0.forgedStatuses[status, default: 0] += 1
        if (200..<300).contains(status) { $0.forgedAccepted += 1 }
      }
    }
    switch status {
    case 200..<300:
      load.note {
        $0.accepted += 1
        if job.tries == 1 { $0.acceptedAtOnce += 1 }
      }
    case 503:
      guard let seconds = Wire.field(Self.retryAfter, in: head) else {
        return fail(job, "503, no Retry-After")
      }
      load.note { $0.retriesAfter503 += 1 }
      waiting.append((Self.uptime + Double(seconds), job))
    case 401: refused(job)
    default: fail(job, "\(status)")
    }
  }

  private func refused(_ job: Job) {
    let isCurrent = job.secret == provider.current.number
    let seconds = Self.uptime - job.signedAt
    load.note {
      guard !isCurrent else { return $0.refusedWithCurrentSecret += 1 }
      $0.refusedWithOldSecret += 1
      $0.refusedAfter[job.secret, default: 0] += 1
      $0.refusedSecondsMin = min($0.refusedSecondsMin, seconds)
    }
    if !isCurrent, plan.retriesOldSecret {
      waiting.append((Self.uptime + 1, job))
    } else {
      fail(job, "401, and the current secret is \(provider.current.number)")
    }
  }
}
