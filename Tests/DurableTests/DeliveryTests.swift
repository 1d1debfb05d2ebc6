import TestSupport
import Testing

/// From raw bytes on a socket to what the app saw, with the store's file in between.
@Suite(.ownThread) struct DeliveryTests {
  @Test func `a delivery is answered 200 and comes to the app, marked and numbered`() throws {
    let fixture = try DurableFixture()
    let app = try fixture.startApp()
    let gateway = try fixture.startGateway()
    let answer = try fixture.send("{\"a\":1}")
    let id = try #require(answer.id)
    #expect(answer.status == 200)
    let request = try app.onlyRequest()
    #expect(request.body == Array("{\"a\":1}".utf8) && request.target == "/app")
    #expect(request.head.values("x-verified") == ["true"])
    #expect(request.head.values("x-delivery-id") == [id])
    #expect(request.head.values("x-delivery-attempt") == ["1"])
    #expect(!request.head.has("x-delivery-replay"))
    let stored = try gateway.waitForLog(containing: "outcome=stored")
    #expect(stored.contains("msg=delivery") && stored.contains("delivery=\(id)"))
    let attempt = try gateway.waitForLog(containing: "msg=attempt")
    #expect(attempt.contains("outcome=delivered") && attempt.contains("upstream_status=200"))
    #expect(fixture.stopGateway() == 0)
    #expect(app.requests.count == 1)
  }

  @Test func `while the app is down deliveries are answered 200, and once it is up it has each once`() throws
  {
    let fixture = try DurableFixture()
    try fixture.startGateway()
    let answers = try fixture.send(count: 20)
    #expect(answers.allSatisfy { $0.status == 200 && $0.id != nil })
    #expect(Set(answers.map(\.id)).count == 20)
    try fixture.gateway?.waitForLog(containing: "outcome=retried")
    try fixture.startApp()
    let delivered = try fixture.delivered(20)
    #expect(Set(delivered.map(\.body)).count == 20 && delivered.count == 20)
    #expect(Set(delivered.compactMap { $0.head.value("x-delivery-id") }) == Set(answers.compactMap(\.id)))
    let attempts = delivered.compactMap { $0.head.value("x-delivery-attempt") }
    #expect(attempts.contains { $0 != "1" })
  }

  @Test func `what was answered 200 is delivered behind a kill`() throws {
    let fixture = try DurableFixture()
    try fixture.startGateway()
    let answers = try fixture.send(count: 12)
    #expect(answers.allSatisfy { $0.status == 200 })
    try fixture.killGateway()
    try fixture.startApp()
    try fixture.startGateway()
    let delivered = try fixture.delivered(12)
    #expect(delivered.count == 12 && Set(delivered.map(\.body)).count == 12)
    #expect(Set(delivered.compactMap { $0.head.value("x-delivery-id") }) == Set(answers.compactMap(\.id)))
  }

  @Test func `a repetition is answered 200 with its first one's id, and not delivered again`() throws {
    let fixture = try DurableFixture()
    let app = try fixture.startApp()
    let gateway = try fixture.startGateway()
    let request = SignedRequest("again").with { $0.timestamp = $0.timestampText }
    let first = try fixture.send(request)
    let second = try fixture.send(request)
    // Signed anew, as a sender's retry is.
    let third = try fixture.send(SignedRequest("again").with { $0.shiftSeconds = -5 })
    #expect([first, second, third].map(\.status) == [200, 200, 200])
    #expect(first.id != nil && second.id == first.id && third.id == first.id)
    try gateway.waitForLog(containing: "outcome=duplicate")
    // It is known behind a restart, too.
    #expect(fixture.stopGateway() == 0)
    try fixture.startGateway()
    #expect(try fixture.send(SignedRequest("again")).id == first.id)
    #expect(try fixture.delivered(1).count == 1)
    #expect(app.requests.count == 1)
  }

  @Test func `without dedupe each is delivered`() throws {
    let fixture = try DurableFixture(route: "dedupe: none")
    try fixture.startApp()
    try fixture.startGateway()
    let ids = try (0..<3).map { _ in try fixture.send("again").id }
    #expect(Set(ids).count == 3)
    #expect(try fixture.delivered(3).count == 3)
  }

  @Test func `with all, each upstream gets it once, whenever it is there`() throws {
    let other = try RecordingUpstream()
    let fixture = try DurableFixture(route: "deliver: all", upstreams: [other.url()])
    try fixture.startGateway()
    let answers = try fixture.send(count: 5)
    #expect(answers.allSatisfy { $0.status == 200 })
    #expect(try other.requests(atLeast: 5).count == 5)
    try fixture.startApp()
    #expect(try fixture.delivered(5).count == 5)
    #expect(other.requests.count == 5)
    let ids = Set(answers.compactMap(\.id))
    for requests in [other.requests, try fixture.delivered(5)] {
      #expect(Set(requests.compactMap { $0.head.value("x-delivery-id") }) == ids)
    }
  }

  @Test func `with first, the next upstream is tried where the one before cannot be reached`() throws {
    let other = try RecordingUpstream()
    let fixture = try DurableFixture(upstreams: [other.url()])
    try fixture.startGateway()
    #expect(try fixture.send("once").status == 200)
    #expect(try other.onlyRequest().head.values("x-delivery-attempt") == ["1"])
  }

  @Test func `an app that asks for time gets it, one that refuses for good is not asked again`() throws {
    let fixture = try DurableFixture(route: "dedupe: none")
    let app = try fixture.startApp { request in
      if request.body == Array("never".utf8) { return .answer(410) }
      let isFirst = request.head.value("x-delivery-attempt") == "1"
      return isFirst ? .answer(503, lines: ["Retry-After: 2"]) : .ok
    }
    let gateway = try fixture.startGateway()
    #expect(try fixture.send("never").status == 200)
    let dead = try gateway.waitForLog(containing: "outcome=dead")
    #expect(dead.contains("level=error") && dead.contains("reason=status"))
    #expect(try fixture.send("later").status == 200)
    let retried = try gateway.waitForLog(containing: "outcome=retried")
    #expect(retried.contains("next_in_s=2.000") && retried.contains("upstream_status=503"))
    #expect(try fixture.delivered(3).count == 3)
    #expect(app.requests.filter { $0.body == Array("never".utf8) }.count == 1)
  }

  @Test func `what a forger sends is stored nowhere, and a sender's words about its delivery stay behind`()
    throws
  {
    let fixture = try DurableFixture()
    let app = try fixture.startApp()
    try fixture.startGateway()
    #expect(try fixture.send(SignedRequest("forged").with { $0.secret = "guess" }).status == 401)
    let lines = ["Host: gateway.test", "X-Delivery-Id: mine", "x-delivery-replay: true", "X-Verified: yes"]
    let answer = try fixture.send(SignedRequest("genuine").with { $0.lines = lines })
    let id = try #require(answer.id)
    let request = try app.onlyRequest()
    #expect(request.head.values("x-delivery-id") == [id])
    #expect(!request.head.has("x-delivery-replay") && request.head.values("x-verified") == ["true"])
  }

  @Test func `while one upstream hangs, the other route's deliveries go on`() throws {
    let fixture = try DurableFixture(durable: "concurrent-max: 2")
    try fixture.startApp { $0.target == "/app" && $0.head.has("x-delivery-id") ? .hang : .ok }
    try fixture.startGateway()
    #expect(try fixture.send(count: 6).allSatisfy { $0.status == 200 })
    let sync = SignedRequest("at once").with { $0.target = "/sync" }
    for _ in 0..<5 { #expect(try fixture.send(sync).status == 200) }
  }
}
