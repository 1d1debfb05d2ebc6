import Foundation
import TestSupport
import Testing

/// What can go wrong at the provider and on the disk: each has its message and its exit code, and the old
/// secret stays in force.
@Suite struct FailureTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let behaviour: ProviderSimulator.Behaviour
    let status: Int32
    let message: String
    /// Whether the outcome is surely "not rotated"; otherwise the journal stands.
    let isSure: Bool
    var calls = 1
  }

  private static func json(_ status: Int, _ body: String, more: String = "") -> ProviderSimulator.Behaviour {
    .answer(ProviderSimulator.response(status, body, more: more))
  }

  static let answers = [
    Case(
      testDescription: "400",
      behaviour: json(400, #"{"status":"error","code":400,"message":"no such thing"}"#),
      status: 76, message: "no such thing", isSure: true),
    Case(
      testDescription: "401", behaviour: json(401, #"{"success":false,"error":"unauthorized","code":401}"#),
      status: 77, message: "did not accept the API key (401: unauthorized)", isSure: true),
    Case(
      testDescription: "403", behaviour: json(403, #"{"message":"not for you"}"#), status: 77,
      message: "(403: not for you)", isSure: true),
    Case(testDescription: "404", behaviour: json(404, ""), status: 76, message: "(404)", isSure: true),
    Case(
      testDescription: "429", behaviour: json(429, #"{"message":"slow down"}"#, more: "Retry-After: 77\r\n"),
      status: 75, message: "Retry-After: 77", isSure: true),
    Case(
      testDescription: "500", behaviour: json(500, #"{"message":"sorry"}"#), status: 75,
      message: "answered 500", isSure: false, calls: 3),
    Case(
      testDescription: "502 by a proxy",
      behaviour: .answer(ProviderSimulator.response(502, "<html>Bad Gateway</html>", type: "text/html")),
      status: 75, message: "answered 502", isSure: false, calls: 3),
    Case(
      testDescription: "200 with an error body",
      behaviour: json(200, #"{"success":false,"code":401,"message":"unauthorized"}"#), status: 75,
      message: "with an error in the body", isSure: false, calls: 3),
    Case(
      testDescription: "200 with HTML",
      behaviour: .answer(ProviderSimulator.response(200, "<html>Welcome</html>", type: "text/html")),
      status: 75, message: "HTML", isSure: false, calls: 3),
    Case(
      testDescription: "an empty secret",
      behaviour: json(200, #"{"status":"success","code":200,"data":{"webhook_secret":""}}"#), status: 75,
      message: "webhook_secret", isSure: false, calls: 3),
    Case(
      testDescription: "a secret of blanks",
      behaviour: json(200, #"{"status":"success","code":200,"data":{"webhook_secret":"  "}}"#), status: 75,
      message: "webhook_secret", isSure: false, calls: 3),
    Case(
      testDescription: "a secret of two lines",
      behaviour: json(200, #"{"status":"success","code":200,"data":{"webhook_secret":"a\nb"}}"#), status: 75,
      message: "webhook_secret", isSure: false, calls: 3),
    Case(
      testDescription: "no secret", behaviour: json(200, #"{"status":"success","code":200,"data":{}}"#),
      status: 75, message: "data.webhook_secret", isSure: false, calls: 3),
    Case(
      testDescription: "garbage", behaviour: .answer("\u{1}\u{2}garbage that is no HTTP\r\n\r\n"), status: 75,
      message: "gave no answer", isSure: false, calls: 3),
    Case(
      testDescription: "a cut", behaviour: .hangUp, status: 75, message: "gave no answer", isSure: false,
      calls: 3),
  ]

  @Test(.timeLimit(.minutes(10)), arguments: answers)
  func `what the API answers decides the message, the exit code and what stands`(answer: Case) async throws {
    try await onThread {
      let fixture = try RotationFixture(seed: 7, behaviour: answer.behaviour)
      let old = fixture.provider.current.secret
      let (status, text) = try fixture.rotate()
      #expect(status == answer.status, "\(text)")
      #expect(text.contains(answer.message), "\(text)")
      #expect(fixture.provider.calls == answer.calls)
      #expect(fixture.storedSecret == old)
      #expect(try fixture.status(signedWith: old) == 200)
      #expect(fixture.exists(".journal") != answer.isSure)
      if answer.isSure {
        #expect(text.contains("stays in force"))
        #expect(try fixture.refusesForgery())
      } else {
        #expect(text.contains("may be dead already"))
        fixture.provider.behave(.rotate(delayMillisecondsMax: 0))
        let healed = try fixture.rotate()
        #expect(healed.status == 0, "\(healed.text)")
        #expect(fixture.storedSecret == fixture.provider.current.secret)
      }
      #expect(fixture.leftovers == [])
      #expect(fixture.leaks() == [])
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a swap whose answer is lost is cured by the next call of the same command`() async throws {
    try await onThread {
      let fixture = try RotationFixture(
        seed: 8, behaviour: .swapAndAnswerOnce(ProviderSimulator.response(504, "<html>", type: "text/html")))
      let (status, text) = try fixture.rotate()
      #expect(status == 0, "\(text)")
      #expect(fixture.provider.calls == 2)
      #expect(fixture.storedSecret == fixture.provider.current.secret)
      #expect(try fixture.status(signedWith: fixture.provider.current.secret) == 200)
      #expect(fixture.leftovers == [])
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `an API that is down changes nothing`() async throws {
    try await onThread {
      let fixture = try RotationFixture(seed: 9)
      let old = fixture.provider.current.secret
      fixture.provider.stop()
      usleep(100_000)
      let (status, text) = try fixture.rotate()
      #expect(status == 69 && text.contains("could not be reached"), "\(text)")
      #expect(fixture.storedSecret == old && fixture.leftovers == [])
      #expect(try fixture.status(signedWith: old) == 200)
      #expect(try fixture.refusesForgery())
      let dry = try fixture.rotate(["--dry-run"])
      #expect(dry.status == 69 && dry.text.contains("cannot be reached"), "\(dry.text)")
      #expect(fixture.leaks() == [])
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `an API that says nothing is given up after fifteen seconds, and the outcome is unknown`() async throws
  {
    try await onThread {
      let fixture = try RotationFixture(seed: 10, behaviour: .silence)
      let old = fixture.provider.current.secret
      let start = Date()
      let (status, text) = try fixture.rotate(["--attempts", "1"])
      #expect(status == 75 && text.contains("unknown"), "\(text)")
      // Not sooner; load makes it later.
      #expect(-start.timeIntervalSinceNow >= 14)
      #expect(fixture.storedSecret == old && fixture.exists(".journal"))
      #expect(try fixture.status(signedWith: old) == 200)
      fixture.provider.behave(.rotate(delayMillisecondsMax: 0))
      #expect(try fixture.rotate(["--resume"]).status == 0)
      #expect(fixture.storedSecret == fixture.provider.current.secret)
      #expect(fixture.leaks() == [])
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `the wrong key, no key, or one that all may read: nothing is called or changed`() async throws {
    try await onThread {
      let fixture = try RotationFixture(seed: 11)
      let old = fixture.provider.current.secret
      let key = fixture.directory.path + "/api-key"
      try fixture.directory.write("api-key", "another-key\n", mode: 0o600)
      let wrong = try fixture.rotate()
      #expect(wrong.status == 77 && wrong.text.contains("the key is not known"), "\(wrong.text)")
      #expect(fixture.provider.unauthorized == 1)
      chmod(key, 0o644)
      let open = try fixture.rotate()
      #expect(open.status == 77 && open.text.contains("is open to every user"), "\(open.text)")
      unlink(key)
      let none = try fixture.rotate()
      #expect(none.status == 78 && none.text.contains(key), "\(none.text)")
      #expect(fixture.provider.unauthorized == 1 && fixture.provider.calls == 0)
      #expect(fixture.storedSecret == old && fixture.leftovers == [])
      #expect(try fixture.status(signedWith: old) == 200)
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `without a daemon nothing is called, unless that is meant`() async throws {
    try await onThread {
      let fixture = try RotationFixture(seed: 12, behaviour: .rotate(delayMillisecondsMax: 0))
      #expect(fixture.gateway.terminate() == 0)
      let (status, text) = try fixture.rotate()
      #expect(status == 69 && text.contains("no daemon answers"), "\(text)")
      #expect(fixture.provider.calls == 0 && fixture.leftovers == [])
      let meant = try fixture.rotate(["--no-daemon"])
      #expect(meant.status == 0, "\(meant.text)")
      #expect(fixture.storedSecret == fixture.provider.current.secret && fixture.leftovers == [])
      fixture.stop()
    }
  }
}
