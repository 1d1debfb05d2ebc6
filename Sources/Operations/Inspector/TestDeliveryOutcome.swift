/// What came of a test delivery.
public struct TestDeliveryOutcome: Sendable, Equatable {
  /// Why none was sent, for people; nil where one was.
  public var refusal: String?
  public var requestID = ""
  /// What was stored, of a durable route.
  public var delivery: String?
  public var outcome = ""
  /// What a sender would have got.
  public var status = 0
  public var reason: String?
  public var upstream: String?
  public var milliseconds: Int64 = 0
  /// The body that was sent.
  public var sentBody: [UInt8] = []
  /// Of what came back.
  public var answerFields: [String] = []
  /// At most 64 KiB.
  public var answerBody: [UInt8] = []
  public var isAnswerCut = false

  public init() {}

  public init(refusal: String) { self.refusal = refusal }
}
