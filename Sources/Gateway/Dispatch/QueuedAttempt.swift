public import Formats
public import HTTP

/// One attempt of a delivery that was kept: its sender has been answered, and only what the app says counts.
public final class QueuedAttempt {
  public enum Result: Sendable {
    case answered(ResponseHead)
    case failed(ForwardFailure)
  }

  public struct End: Sendable {
    /// The one that it ended with, as configured.
    public let upstream: String
    public let result: Result
    /// The beginning of the app's answer.
    public let answer: [UInt8]
  }

  private var attempts: Attempts?

  /// - Parameters:
  ///   - route: whose upstreams are tried, in their order, as far as nothing was sent.
  ///   - answerBytesMax: of the answer's body, what is kept.
  ///   - end: called once, unless it is cancelled.
  public init(
    _ stored: StoredRequest, _ fields: AttemptFields, route: Route, forwarder: any Forwarder,
    recorder: any Recorder, begin: Moment, answerBytesMax: Int, end: @escaping (End) -> Void
  ) {
    let beginning = AnswerBeginning(bytesMax: answerBytesMax)
    let request = ForwardRequest(stored, fields, route: route, begin: begin)
    let relay = ResponseRelay(to: beginning)
    attempts = Attempts(
      request, route: route, forwarder: forwarder, recorder: recorder, arrival: begin, relay: relay
    ) { [self] result in
      attempts = nil
      if case .answered(let index, let response) = result { relay.finish(response, of: index) }
      end(Self.end(result, route: route, answer: beginning.bytes))
    }
  }

  public func start() { attempts?.start() }

  /// Ends it without a word.
  public func cancel() {
    attempts?.cancel()
    attempts = nil
  }

  private static func end(_ result: Attempts.Result, route: Route, answer: [UInt8]) -> End {
    switch result {
    case .answered(let index, let response):
      End(upstream: route.upstreams[index].name, result: .answered(response), answer: answer)
    case .failed(let index, let failure), .brokeOff(let index, let failure):
      End(upstream: route.upstreams[index].name, result: .failed(failure), answer: answer)
    }
  }
}

/// Takes an answer that nobody waits for, and keeps its beginning.
private final class AnswerBeginning: ReplySink {
  private(set) var bytes: [UInt8] = []
  private let bytesMax: Int

  init(bytesMax: Int) { self.bytesMax = bytesMax }

  private func take(_ part: UnsafeRawBufferPointer) {
    bytes += part.prefix(bytesMax - bytes.count)
  }

  func refuse(_ rejection: Rejection) {}
  func send(_ response: ResponseHead, body: UnsafeRawBufferPointer) { take(body) }
  func begin(_ response: ResponseHead) {}
  func write(_ bytes: UnsafeRawBufferPointer) -> Flow {
    take(bytes)
    return .more
  }
  func end() {}
  func abort() {}
}
