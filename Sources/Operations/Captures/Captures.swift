internal import Formats
public import Gateway
internal import HTTP
internal import Signing
internal import Synchronization

/// Shows refused deliveries to those who asked: commands that capture them, and whoever sees them all. Where nobody
/// asks, nothing is copied.
public final class Captures: RefusalObserver {
  /// At once; they hold bodies in memory.
  static let capturesMax = 4
  /// Of all that one capture is given.
  static let captureBytesMax = 16 * 1_048_576

  private struct Capture {
    let route: String
    var left: Int
    var bytesLeft: Int
    let continuation: AsyncStream<[UInt8]>.Continuation
  }

  private let captures = Mutex<[Int: Capture]>([:])
  private let nextID = Atomic<Int>(0)
  private let isCapturing = Atomic<Bool>(false)
  private let besides: any RefusalObserver

  /// - Parameter besides: who else is shown each of them, whether anybody asks or not.
  public init(besides: any RefusalObserver) { self.besides = besides }

  public func refused(_ delivery: RefusedDelivery) {
    besides.refused(delivery)
    if isCapturing.load(ordering: .relaxed) { capture(delivery) }
  }

  // MARK: Captures

  /// The next refused deliveries of a route, as they go over the control socket.
  public func capture(_ request: CaptureRequest, routes: RouteTable) -> AsyncStream<[UInt8]> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: [UInt8].self, bufferingPolicy: .bufferingOldest(request.count + 2))
    guard routes.all.contains(where: { $0.path.text == request.route }) else {
      return refuse("no-such-route", stream, continuation)
    }
    let id = nextID.add(1, ordering: .relaxed).newValue
    let isTaken = change { captures in
      guard captures.count < Self.capturesMax else { return false }
      captures[id] = Capture(
        route: request.route, left: request.count, bytesLeft: Self.captureBytesMax,
        continuation: continuation)
      continuation.yield(CaptureAnswer.waiting.bytes)
      return true
    }
    guard isTaken else { return refuse("busy", stream, continuation) }
    let timer = Task { [weak self] in
      try? await Task.sleep(for: .seconds(request.seconds))
      self?.end(id, "time")
    }
    continuation.onTermination = { [weak self] _ in
      timer.cancel()
      self?.change { $0[id] = nil }
    }
    return stream
  }

  private func refuse(
    _ reason: String, _ stream: AsyncStream<[UInt8]>, _ continuation: AsyncStream<[UInt8]>.Continuation
  ) -> AsyncStream<[UInt8]> {
    continuation.yield(CaptureAnswer.refused(reason).bytes)
    continuation.finish()
    return stream
  }

  /// Finishing calls `onTermination`, so it is done outside of the lock.
  private func end(_ id: Int, _ reason: String) {
    let capture = change { $0.removeValue(forKey: id) }
    capture?.continuation.yield(CaptureAnswer.end(reason).bytes)
    capture?.continuation.finish()
  }

  private func capture(_ delivery: RefusedDelivery) {
    let route = delivery.route.path.text
    let wanted = captures.withLock { captures in
      captures.filter { $0.value.route == route && $0.value.left > 0 }.map(\.key)
    }
    guard !wanted.isEmpty else { return }
    let bytes = SavedRequest.bytes(delivery.head, body: delivery.body.bytes)
    let answer = CaptureAnswer.captured(
      CapturedRequest(
        bytes: bytes, arrivalUnixMilliseconds: delivery.arrival.unixMilliseconds,
        reason: delivery.reason.label)
    ).bytes
    for id in wanted { give(answer, to: id) }
  }

  private func give(_ answer: [UInt8], to id: Int) {
    let ending: String? = change { captures in
      guard let capture = captures[id], capture.left > 0 else { return nil }
      guard answer.count <= capture.bytesLeft else { return "bytes" }
      captures[id]!.left -= 1
      captures[id]!.bytesLeft -= answer.count
      capture.continuation.yield(answer)
      return capture.left == 1 ? "complete" : nil
    }
    if let ending { end(id, ending) }
  }

  @discardableResult
  private func change<Value>(_ body: (inout [Int: Capture]) -> Value) -> Value {
    captures.withLock { captures in
      let value = body(&captures)
      isCapturing.store(!captures.isEmpty, ordering: .relaxed)
      return value
    }
  }
}
