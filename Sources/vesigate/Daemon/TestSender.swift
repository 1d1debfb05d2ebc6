internal import Gateway
internal import HTTP
internal import Logging
internal import Operations
internal import POSIX
internal import Synchronization

/// Makes test deliveries, a few at a time, and tells the log who wanted them.
final class TestSender: Sendable {
  /// Under way at once; each takes a delivery's place.
  static let atOnceMax = 4

  private let workers: Workers
  private let logger: Logger
  private let underWay = Atomic<Int>(0)

  init(workers: Workers, logger: Logger) {
    self.workers = workers
    self.logger = logger
  }

  func send(_ route: String, event: String?, by caller: QueueCaller) async -> TestDeliveryOutcome {
    let outcome = await made(route, event: event)
    logger.notice(
      outcome.refusal == nil ? "a test delivery was made" : "a test delivery was refused",
      metadata: [
        "route": "\(route)", "uid": "\(caller.userText)", "request_id": "\(outcome.requestID)",
        "outcome": "\(outcome.outcome)", "reason": "\(outcome.refusal ?? outcome.reason ?? "")",
      ])
    return outcome
  }

  private func made(_ route: String, event: String?) async -> TestDeliveryOutcome {
    guard underWay.add(1, ordering: .relaxed).newValue <= Self.atOnceMax else {
      underWay.subtract(1, ordering: .relaxed)
      return TestDeliveryOutcome(refusal: "\(Self.atOnceMax) test deliveries are under way already")
    }
    let id = PublicID(
      unixMilliseconds: Clocks.unixMilliseconds(),
      random: (.random(in: .min ... .max), .random(in: .min ... .max)))
    let result = await workers.sendTest(TestOrder(route: route, event: event, id: id)) { [self] in
      underWay.subtract(1, ordering: .relaxed)
    }
    switch result {
    case .refused(let refusal): return TestDeliveryOutcome(refusal: refusal.description)
    case .ended(let end): return TestDeliveryOutcome(end)
    case .underWay(let requestID, let sentBody):
      var outcome = TestDeliveryOutcome()
      outcome.requestID = requestID
      outcome.sentBody = sentBody
      outcome.outcome = "under-way"
      outcome.reason = "it is not over yet: the log and the recent deliveries will have its end"
      return outcome
    }
  }
}

extension TestDeliveryOutcome {
  init(_ end: TestDelivery.End) {
    self.init()
    let record = end.record
    requestID = record.requestID
    delivery = record.delivery?.description
    outcome = record.outcome.rawValue
    status = record.status
    let why = [record.reason, record.detail].compactMap { $0 }
    reason = why.isEmpty ? nil : why.joined(separator: ": ")
    upstream = record.upstream
    milliseconds = Int64(clamping: record.totalNanoseconds / 1_000_000)
    sentBody = end.sentBody
    answerFields = end.answer?.headers.textFields.map { "\($0.name): \($0.value)" } ?? []
    answerBody = end.answerBody
    isAnswerCut = end.isAnswerCut
  }
}
