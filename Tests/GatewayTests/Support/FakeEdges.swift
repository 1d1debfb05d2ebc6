import Formats
import Gateway
import HTTP
internal import Synchronization

/// The sender's side: what was written to it, as lines.
final class FakeReply: ReplySink {
  private(set) var lines: [String] = []
  private(set) var streamed: [UInt8] = []
  /// What `write` answers.
  var flow = Flow.more
  var onBegin: () -> Void = {}

  func refuse(_ rejection: Rejection) { lines.append("refuse \(rejection.status) \(rejection.label)") }

  func send(_ response: ResponseHead, body: UnsafeRawBufferPointer) {
    lines.append("send \(response.status) \(String(decoding: body, as: UTF8.self))")
  }

  func begin(_ response: ResponseHead) {
    lines.append("begin \(response.status)")
    onBegin()
  }

  func write(_ bytes: UnsafeRawBufferPointer) -> Flow {
    streamed += bytes
    return flow
  }

  func end() { lines.append("end") }

  func abort() { lines.append("abort") }
}

/// A secret file's looks, answered when the test says so.
final class FakeLooks: SecretLooks {
  private(set) var paths: [String] = []
  private var waiting: [(LookEnd) -> Void] = []

  func look(atSecretFile path: String, then: @escaping (LookEnd) -> Void) {
    paths.append(path)
    waiting.append(then)
  }

  func finish(_ end: LookEnd = .inForce) {
    let ready = waiting
    waiting = []
    for then in ready { then(end) }
  }
}

final class FakeRecorder: Recorder {
  struct AttemptRecord: Sendable {
    let upstream: String
    let end: AttemptEnd
    let arrival: Moment
  }

  private let store = Mutex<[DeliveryRecord]>([])
  private let ends = Mutex<[AttemptRecord]>([])

  var records: [DeliveryRecord] { store.withLock { $0 } }

  var attempts: [AttemptRecord] { ends.withLock { $0 } }

  func recordAttempt(at upstream: Upstream, end: AttemptEnd, arrival: Moment) {
    ends.withLock { $0.append(AttemptRecord(upstream: upstream.name, end: end, arrival: arrival)) }
  }

  func record(_ record: DeliveryRecord) { store.withLock { $0.append(record) } }
}
