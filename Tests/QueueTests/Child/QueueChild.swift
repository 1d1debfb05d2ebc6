import Formats
import Gateway
import Glibc
import HTTP
import Queue
import Signing

/// A process that keeps deliveries, so that a test can kill it, or have its system calls fail.
///
///     queue-child accept FOLDER COUNT WAITING [BYTES]   prints `stored N ID`, `duplicate N ID` or `refused N LABEL`
///     queue-child bench FOLDER SECONDS WAITING BYTES    prints rows a second
///     queue-child die FOLDER                            hands jobs out, and dies
///     queue-child stall FOLDER COUNT                    keeps one, and more while its disk stalls: `stored|refused N ID`
@main
struct QueueChild {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count >= 3 else { exit(64) }
    let numbers = arguments.dropFirst(3).compactMap { Int($0) }
    do {
      let store = try Store(settings(arguments[2]))
      let child = try Self(store: store, proof: proof())
      switch arguments[1] {
      case "accept":
        child.accept(numbers[0], waiting: numbers[1], bytes: numbers.count > 2 ? numbers[2] : 100)
      case "bench": child.bench(seconds: numbers[0], waiting: numbers[1], bytes: numbers[2])
      case "die": child.die()
      case "stall": child.stall(numbers[0])
      default: exit(64)
      }
      store.close()
    } catch let fault as StoreFault {
      say("not opened: \(fault.sentence)")
      exit(3)
    }
  }

  let store: Store
  let proof: Proof

  static func settings(_ folder: String) -> StoreSettings {
    var settings = StoreSettings(sqlite: folder + "/queue.db", sealKeyFile: folder + "/seal.key", clock: now)
    settings.reopenSeconds = 0.02
    settings.commitSecondsMax = 0.5
    // A small file system is what some tests are about.
    settings.diskFreeBytesMin = 0
    return settings
  }

  @Sendable static func now() -> Moment {
    var wall = timespec()
    var uptime = timespec()
    // What load makes of them is what they say.
    clock_gettime(CLOCK_REALTIME, &wall)
    clock_gettime(CLOCK_MONOTONIC, &uptime)
    return Moment(
      unixMilliseconds: UnixTime.milliseconds(seconds: wall.tv_sec, nanoseconds: wall.tv_nsec),
      uptimeNanoseconds: UInt64(uptime.tv_sec) &* 1_000_000_000 &+ UInt64(uptime.tv_nsec))
  }

  /// Whole lines, each in one write: what was printed was true when it was.
  static func say(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = write(1, line, line.count)
  }

  static func proof() throws -> Proof {
    let (layout, key) = (SignatureLayout.github, Secret(Array("child".utf8)))
    let body: [UInt8] = [1]
    return try body.withUnsafeBytes { body in
      let signed = SignedHeaders(body: body, layout: layout, key: key, timestamp: "", id: "")
      var headers = HeaderList()
      for (name, value) in signed.fields { headers.append(name: name, value: value) }
      let head = RequestHead(
        method: "POST", target: [0x2F], minorVersion: 1, headers: headers, framing: .length(1), hostIndex: nil
      )
      return try OfflineJudge.judge(
        head, body: body, layout: layout, secrets: SecretSet(path: "-", lines: [key], keys: [key]), at: now())
    }
  }

  /// The delivery of this number: the same bytes whenever it is made, and a new id.
  func acceptance(_ number: Int, bytes: Int, _ sealer: Sealer) -> Acceptance {
    let time = Self.now().unixMilliseconds
    let facts = DeliveryFacts(
      id: PublicID(unixMilliseconds: time, random: (.random(in: 0 ... .max), .random(in: 0 ... .max))),
      route: "/hook", accepted: time, signed: nil, requestID: "request-\(number)", remote: "192.0.2.1",
      method: "POST", target: Array("/hook".utf8))
    let text = Array("{\"number\":\(number)}".utf8)
    let body = text + [UInt8](repeating: 0x20, count: max(0, bytes - text.count))
    let head = Array("POST /hook HTTP/1.1\r\nHost: app\r\n\r\n".utf8)
    let kept = sealer.seal(facts, head: head, body: body, proof: proof)
    let key = DedupeKey(.body, scope: "/hook", id: nil, timestamp: nil, header: nil, body: kept.bodyDigest)
    return Acceptance(
      delivery: kept, jobs: [.init(lane: Lane(route: "/hook"), startsNow: false)],
      dedupe: key.map { .init(key: $0, until: time + 3_600_000) })
  }

  /// So many deliveries, so many of them waiting at once; what is refused comes again, as a sender's would.
  func accept(_ count: Int, waiting: Int, bytes: Int) {
    let sealer = Sealer(keys: store.sealKeys)
    let desk = Inbox()
    var next = 0
    var underWay = 0
    while next < count || underWay > 0 {
      while next < count, underWay < waiting {
        send(acceptance(next, bytes: bytes, sealer), next, desk)
        next += 1
        underWay += 1
      }
      let (number, outcome) = desk.take()
      switch outcome {
      case .stored: underWay -= 1
      case .duplicate: underWay -= 1
      case .refused:
        usleep(5_000)
        send(acceptance(number, bytes: bytes, sealer), number, desk)
      }
    }
    Self.say("done \(store.status.reopenings)")
  }

  private func send(_ acceptance: Acceptance, _ number: Int, _ desk: Inbox) {
    let id = acceptance.delivery.facts.id
    store.accept(acceptance, for: desk) { outcome in
      switch outcome {
      case .stored: Self.say("stored \(number) \(id)")
      case .duplicate(let first, _): Self.say("duplicate \(number) \(first)")
      case .refused(let refusal): Self.say("refused \(number) \(refusal.label)")
      }
      desk.put((number, outcome))
    }
  }

  func bench(seconds: Int, waiting: Int, bytes: Int) {
    let sealer = Sealer(keys: store.sealKeys)
    let desk = Inbox()
    let rows = (0..<waiting).map { acceptance($0, bytes: bytes, sealer) }
    func again(_ number: Int) {
      // What is measured is the store: sealing is the loops' work, and each row needs a body, an id and a key of its own.
      let made = acceptance(Int.random(in: 0 ... .max), bytes: bytes, sealer)
      store.accept(made, for: desk) { desk.put((number, $0)) }
    }
    let begun = Self.now().uptimeNanoseconds
    let end = begun + UInt64(seconds) * 1_000_000_000
    for number in rows.indices { again(number) }
    var stored = 0
    while Self.now().uptimeNanoseconds < end {
      for (number, outcome) in desk.takeAll() {
        if case .stored = outcome { stored += 1 }
        again(number)
      }
    }
    let took = Double(Self.now().uptimeNanoseconds - begun) / 1e9
    let counters = store.status.counters
    Self.say(
      "\(waiting) waiting: \(Int(Double(stored) / took)) rows a second, \(counters.commits) commits, "
        + "\(counters.commitNanoseconds / max(counters.commits, 1) / 1000) us each")
  }

  /// The first is in a transaction when the others come.
  func stall(_ count: Int) {
    let sealer = Sealer(keys: store.sealKeys)
    let desk = Inbox()
    setenv("STALL_NOW", "1", 1)
    for number in 0..<count {
      let acceptance = acceptance(1000 + number, bytes: 100, sealer)
      let id = acceptance.delivery.facts.id
      store.accept(acceptance, for: desk) { outcome in
        switch outcome {
        case .refused(let refusal): Self.say("refused \(number) \(id) \(refusal.label)")
        default: Self.say("stored \(number) \(id)")
        }
        desk.put((number, outcome))
      }
      if number == 0 { usleep(200_000) }
    }
    for _ in 0..<count { _ = desk.take() }
    unsetenv("STALL_NOW")
  }

  /// As a delivery would have it that ends the process.
  func die() {
    let desk = Inbox()
    store.claim(Lane(route: "/hook"), limit: 16, for: desk) { result in
      Self.say("claimed \(((try? result.get().jobs) ?? []).count)")
      kill(getpid(), SIGKILL)
    }
    while true { sleep(1) }
  }
}

/// What the store answers, for the thread that waits.
//
// @unchecked Sendable: `answers` is touched with the mutex held alone, and the pointers never change.
final class Inbox: StoreCaller, @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let bell = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var answers: [(Int, AcceptOutcome)] = []

  init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(bell, nil)
  }

  func execute(_ work: @escaping @Sendable () -> Void) { work() }

  func put(_ answer: (Int, AcceptOutcome)) {
    pthread_mutex_lock(mutex)
    answers.append(answer)
    pthread_cond_signal(bell)
    pthread_mutex_unlock(mutex)
  }

  func take() -> (Int, AcceptOutcome) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while answers.isEmpty { pthread_cond_wait(bell, mutex) }
    return answers.removeFirst()
  }

  func takeAll() -> [(Int, AcceptOutcome)] {
    pthread_mutex_lock(mutex)
    defer {
      answers = []
      pthread_mutex_unlock(mutex)
    }
    while answers.isEmpty { pthread_cond_wait(bell, mutex) }
    return answers
  }
}
