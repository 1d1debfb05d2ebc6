internal import Formats
public import HTTP
internal import Signing

/// A delivery that the gateway makes itself, for an operator who wants to see what his app does with one: of a sample,
/// signed with the secret in force, and run through an exchange as any other, but for its mark. It never comes through
/// a listener, so nobody else can make one. Its signature stays here: see `HeaderPlan`.
///
/// It belongs to one event loop.
public final class TestDelivery {
  /// Of the answer's body, what is kept.
  public static let answerBytesMax = 65_536

  /// What came of it.
  public struct End: Sendable {
    public let record: DeliveryRecord
    public let sentBody: [UInt8]
    /// What a sender would have got; nil where the gateway answered itself, or nothing was answered.
    public let answer: ResponseHead?
    public let answerBody: [UInt8]
    public let isAnswerCut: Bool
  }

  public let sentBody: [UInt8]
  public private(set) var requestID = ""
  private let route: Route
  private let onEnd: (End) -> Void
  private var exchange: Exchange?
  var record: DeliveryRecord?
  private var answer: ResponseHead?
  private var answerBody: [UInt8] = []
  private var isAnswerCut = false

  /// Begins one on the loop that the caller runs on.
  ///
  /// - Parameter end: called once, perhaps before this returns; not where it is refused.
  public static func begin(
    _ order: TestOrder, loop: LoopContext, forwarder: any Forwarder, end: @escaping (End) -> Void
  ) throws(TestRefusal) -> TestDelivery {
    let routes = loop.snapshot.routes
    guard let route = routes.all.first(where: { $0.name == order.route }) else { throw .noRoute }
    guard route.allowsTest else { throw .notAllowed }
    if let event = order.event, !SampleDelivery.isEvent(event) { throw .eventUnfit }
    let now = loop.now()
    let sample = SampleDelivery(
      of: route.layout, event: order.event, at: now.unixMilliseconds, id: order.id.description)
    let test = TestDelivery(route, Array(sample.body.utf8), end)
    let head = test.head(sample, order, key: loop.ring(route.secretFileIndex).set.keys[0], now)
    guard routes.match(head)?.route === route else { throw .shadowed }
    test.run(
      Exchange(
        head, from: .itself, at: now, loop: loop, forwarder: forwarder, reply: test, test: test))
    return test
  }

  init(_ route: Route, _ sentBody: [UInt8], _ end: @escaping (End) -> Void) {
    self.route = route
    self.sentBody = sentBody
    onEnd = end
  }

  /// As a sender would have written it.
  private func head(_ sample: SampleDelivery, _ order: TestOrder, key: Secret, _ now: Moment) -> RequestHead {
    let signed = sentBody.withUnsafeBytes { body in
      SignedHeaders(
        body: body, layout: route.layout, key: key,
        timestamp: route.layout.timestampText(unixMilliseconds: now.unixMilliseconds),
        id: order.id.description)
    }
    var headers = HeaderList()
    headers.append(name: "Host", value: route.host ?? "localhost")
    headers.append(name: "User-Agent", value: "vesigate")
    headers.append(name: "Content-Type", value: "application/json")
    headers.append(name: "Content-Length", value: "\(sentBody.count)")
    for line in sample.headers {
      let parts = line.split(separator: ":", maxSplits: 1)
      headers.append(name: String(parts[0]), value: String(parts[1].drop { $0 == " " }))
    }
    for field in signed.fields { headers.append(name: field.name, value: field.value) }
    // Below a prefix anything may stand.
    let target = route.path.bytes + (route.path.isPrefix ? Array("test".utf8) : [])
    return RequestHead(
      method: route.methods.contains("POST") ? "POST" : route.methods[0], target: target, headers: headers,
      framing: .length(sentBody.count), hostIndex: 0)
  }

  private func run(_ exchange: Exchange) {
    self.exchange = exchange
    requestID = exchange.requestID
    guard exchange.begin(), sentBody.withUnsafeBytes({ exchange.collect($0) }) else { return }
    exchange.bodyEnded()
  }

  // MARK: For its exchange

  /// Once more, with the settings that it is delivered by.
  func check(_ matched: Route) throws(Rejection) {
    guard matched === route, matched.allowsTest else { throw .noSuchPath }
  }

  /// It is over and recorded.
  func ended() {
    guard let record else { return }
    self.record = nil
    exchange = nil
    onEnd(
      End(
        record: record, sentBody: sentBody, answer: answer, answerBody: answerBody,
        isAnswerCut: isAnswerCut))
  }

  /// Nobody waits for it any longer.
  public func giveUp() { exchange?.giveUp("test-timeout") }

  /// Seconds after which it must be over: the time that the app has, and what may be waited for before.
  public var secondsMax: Int { route.times.totalSecondsMax + Self.verifyingSecondsMax }

  /// Beyond a hold's and a look's longest, and the store's.
  private static let verifyingSecondsMax = 60
}

/// Takes what a sender would get.
extension TestDelivery: ReplySink {
  public func refuse(_ rejection: Rejection) {}

  public func send(_ response: ResponseHead, body: UnsafeRawBufferPointer) {
    answer = response
    take(body)
  }

  public func begin(_ response: ResponseHead) { answer = response }

  public func write(_ bytes: UnsafeRawBufferPointer) -> Flow {
    take(bytes)
    return .more
  }

  public func end() {}

  /// Its upstream broke off: what has come of the answer is shown all the same.
  public func abort() { isAnswerCut = true }

  private func take(_ bytes: UnsafeRawBufferPointer) {
    let kept = bytes.prefix(Self.answerBytesMax - answerBody.count)
    answerBody += kept
    if kept.count < bytes.count { isAnswerCut = true }
  }
}
