import Formats
import Signing
import TestSupport
import Testing

@testable import Gateway

/// What a rotation of the only secret file looks like from inside the gateway.
extension ExchangeFixture {
  /// A gateway whose one route holds deliveries within these bounds.
  static func holding(
    seconds: Int = 8, deliveries: Int = 256, bytes: Int = 33_554_432,
    layout: SignatureLayout = .vesicash, observe: Bool = false, secrets: [String] = ["test_webhook_secret"]
  ) -> ExchangeFixture {
    var settings = RotationSettings()
    settings.holdSecondsMax = seconds
    settings.holdDeliveriesMax = deliveries
    settings.holdBytesMax = bytes
    let route = Route(
      path: PathPattern("/hook")!, layout: layout, secretFileIndex: 0, observe: observe,
      upstreams: [.named("app")], rotation: settings)
    return ExchangeFixture([route], secrets: secrets)
  }

  /// What a look finds: these secrets, with what a rotation keeps beside them.
  func adopt(
    _ secrets: [String], previous: [PreviousSecret] = [], rotation: RotationNotice? = nil
  ) {
    let lines = secrets.map { Secret(Array($0.utf8)) }
    let set = SecretSet(
      path: "/secret", lines: lines, keys: lines, previous: previous, rotation: rotation,
      generation: loop.snapshot.secrets[0].generation + 1)
    loop.adopt(loop.snapshot.replacing(set, at: 0))
  }

  /// The journal stands, and the file is as it was.
  func announce(_ rotation: RotationNotice = .begun(), secrets: [String] = ["test_webhook_secret"]) {
    adopt(secrets, rotation: rotation)
  }

  /// A delivery that fails the known secrets, after its look.
  @discardableResult
  func deliverHeld(
    _ body: [UInt8] = sampleBody, signed: Signed = .byNew, adding fields: [(String, String)] = []
  ) -> (exchange: Exchange, reply: FakeReply) {
    let exchange = deliver(body, signed: signed, adding: fields)
    let reply = reply
    looks.finish()
    return (exchange, reply)
  }

  func forwardAll() {
    for attempt in forwarder.attempts { attempt.complete(200) }
  }

  var holds: HoldCounts { admission.holds(path: "/secret") }

  /// Nothing is in flight or held, and no byte is counted as held.
  func expectNothingHeld(sourceLocation: SourceLocation = #_sourceLocation) {
    expectEmpty(sourceLocation: sourceLocation)
    #expect(holds.heldNow == 0, sourceLocation: sourceLocation)
    #expect(throws: Never.self, sourceLocation: sourceLocation) {
      try holds.enter(bytes: 7, deliveriesMax: 1, bytesMax: 7)
    }
    holds.leave(bytes: 7)
    #expect(!loop.judgesByOlderSecrets, sourceLocation: sourceLocation)
  }
}

extension Signed {
  /// By the secret that the rotation brings.
  static let byNew = Signed(key: Array("new".utf8))
}

extension RotationNotice {
  /// Begun so many seconds before the sample delivery.
  static func begun(
    secondsAgo: Double = 0, _ mode: Mode = .call, compromised: Bool = false
  ) -> RotationNotice {
    RotationNotice(
      beganUnixMilliseconds: sampleMoment.unixMilliseconds - Int64(secondsAgo * 1000), mode: mode,
      isCompromised: compromised)
  }
}

extension PreviousSecret {
  /// Accepted for what was signed up to so many seconds after the sample delivery, and until then.
  static func of(
    _ secret: String = "test_webhook_secret", signedBefore: Double = 0, until: Double = 360
  ) -> PreviousSecret {
    let line = Secret(Array(secret.utf8))
    return PreviousSecret(
      line: line, key: line,
      signedBeforeUnixMilliseconds: sampleMoment.unixMilliseconds + Int64(signedBefore * 1000),
      untilUnixMilliseconds: sampleMoment.unixMilliseconds + Int64(until * 1000))
  }
}
