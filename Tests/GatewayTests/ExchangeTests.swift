import HTTP
import TestSupport
import Testing

@testable import Gateway

@Suite struct ExchangeTests {
  @Test func `a verified delivery is forwarded with the mark, and the answer handed back`() throws {
    let fixture = ExchangeFixture()
    fixture.deliver(adding: [("X-Verified", "false"), ("X-A", "1")])
    let attempt = try #require(fixture.forwarder.attempts.first)
    #expect(attempt.headers.values("x-verified") == ["true"])
    #expect(attempt.headers.values("x-a") == ["1"])
    #expect(attempt.body == sampleBody)
    #expect(fixture.admission.deliveriesInFlight == 1)
    #expect(fixture.admission.bytesInFlight == sampleBody.count)
    attempt.complete(201, "thanks")
    #expect(fixture.reply.lines == ["send 201 thanks"])
    let record = try fixture.onlyRecord()
    #expect(record.outcome == .forwarded)
    #expect(record.status == 201)
    #expect(record.upstreamStatus == 201)
    #expect(record.upstream == "app")
    #expect(record.attempts == 1)
    #expect(record.route == "/hook")
    #expect(record.remote == "192.0.2.1")
    #expect(record.bodyBytes == sampleBody.count)
    #expect(record.secretPosition == 0)
    #expect(record.ageSeconds == 0)
    #expect(record.reason == nil)
    #expect(record.totalNanoseconds > 0)
  }

  @Test(arguments: [1, 7, 4096])
  func `the body reaches the upstream byte for byte, however it came`(partBytes: Int) throws {
    for body in [[], [0], Array(0...255), Array("\r\n\r\n".utf8), [UInt8](repeating: 0xFF, count: 4096)] {
      let fixture = ExchangeFixture()
      fixture.deliver(body, partBytes: partBytes)
      #expect(try #require(fixture.forwarder.attempts.first).body == body)
      fixture.forwarder.attempts[0].complete(200)
      _ = try fixture.onlyRecord()
    }
  }

  @Test func `a body is the same whether it was copied or put into its room`() throws {
    let fixture = ExchangeFixture()
    let body = (0..<4000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let exchange = fixture.exchange(
      RequestHead("POST", "/hook", bodyBytes: body.count, Signed().fields(over: body)))
    #expect(exchange.room(10) == nil)
    #expect(exchange.begin())
    for start in stride(from: 0, to: body.count, by: 500) {
      let part = body[start..<start + 500]
      if start % 1000 == 0 {
        #expect(part.withUnsafeBytes { exchange.collect($0) })
      } else {
        try #require(exchange.room(500)).copyBytes(from: part)
        #expect(exchange.collected(500))
      }
      #expect(fixture.admission.bytesInFlight == start + 500)
    }
    #expect(exchange.room(1) == nil)
    exchange.bodyEnded()
    #expect(fixture.forwarder.at("app").body == body)
    fixture.forwarder.at("app").complete(200)
    #expect(exchange.room(1) == nil && !exchange.collected(0))
    _ = try fixture.onlyRecord()
  }

  @Test func `a body buffer is used again and never shows an earlier body`() throws {
    let fixture = ExchangeFixture()
    let bodies = [[UInt8](repeating: 1, count: 3000), [2], [], [UInt8](repeating: 3, count: 4000)]
    for body in bodies {
      fixture.deliver(body)
      fixture.forwarder.at("app").complete(200)
    }
    #expect(fixture.forwarder.attempts.map(\.body) == bodies)
    fixture.expectEmpty()
  }

  @Test func `deliveries at once do not mix`() throws {
    let fixture = ExchangeFixture()
    let bodies = (0..<20).map { Array("body \($0)".utf8) }
    for body in bodies { fixture.deliver(body) }
    #expect(fixture.forwarder.attempts.map(\.body) == bodies)
    #expect(fixture.admission.deliveriesInFlight == 20)
    for attempt in fixture.forwarder.attempts.reversed() { attempt.complete(200) }
    fixture.expectEmpty()
    #expect(fixture.recorder.records.count == 20)
    #expect(Set(fixture.recorder.records.map(\.requestID)).count == 20)
  }

  @Test(arguments: ["GET", "post", "PUT", ""])
  func `a method that the route does not take is 405 with those it takes`(method: String) throws {
    let fixture = ExchangeFixture()
    #expect(!fixture.exchange(RequestHead(method, "/hook")).begin())
    #expect(fixture.reply.lines == ["refuse 405 method"])
    #expect(try fixture.onlyRecord().status == 405)
    #expect(Rejection.methodNotAllowed(allowed: ["POST"]).status == 405)
  }

  @Test(arguments: ["/", "/hoo", "/hook/", "/hook2", "/HOOK", "/hook%20", "/x/hook"])
  func `a path that no route has is 404 before any body`(path: String) throws {
    let fixture = ExchangeFixture()
    #expect(!fixture.exchange(RequestHead("POST", path)).begin())
    #expect(fixture.reply.lines == ["refuse 404 no-such-path"])
    #expect(try fixture.onlyRecord().route == nil)
  }

  @Test(arguments: ["/hooks/../admin", "/hooks/a//b", "/hooks/%2e%2e/x", "/hooks/a\\b", "/hooks/%00"])
  func `an ambiguous rest is 400`(path: String) throws {
    let fixture = ExchangeFixture([Route("/hooks/*")])
    #expect(!fixture.exchange(RequestHead("POST", path)).begin())
    #expect(fixture.reply.lines == ["refuse 400 ambiguous-path"])
    #expect(try fixture.onlyRecord().route == "/hooks/*")
  }

  @Test func `another route's mark is nobody's to send either`() throws {
    let mark = VerifiedMark(name: "X-Genuine", value: "yes")
    for path in ["/hook", "/other"] {
      let fixture = ExchangeFixture([
        Route("/hook", observe: true), Route("/other", observe: true, mark: mark),
      ])
      fixture.deliver(
        signed: forger, target: path,
        adding: [
          ("X-Genuine", "yes"), ("x-genuine-failed", "no"), ("X-Verified", "true"),
          ("X-Verified-Failed", "no"),
        ])
      fixture.looks.finish()
      let headers = fixture.forwarder.at("app").headers
      #expect(headers.values("X-Genuine") + headers.values("X-Verified") == [])
      let failed = headers.values("X-Genuine-Failed") + headers.values("X-Verified-Failed")
      #expect(failed == ["mismatch"])
      fixture.forwarder.at("app").complete(200)
      _ = try fixture.onlyRecord()
    }
  }

  @Test func `the query is no part of the path and goes along`() throws {
    let fixture = ExchangeFixture()
    fixture.deliver(target: "/hook?a=../b//c")
    #expect(fixture.forwarder.at("app").target == "/?a=../b//c")
    fixture.forwarder.at("app").complete(200)
    #expect(try fixture.onlyRecord().path == "/hook")
  }

  @Test func `a length over the limit is 413 before any body, the limit itself is taken`() throws {
    let fixture = ExchangeFixture([Route("/hook", bodyBytesMax: 10)])
    #expect(!fixture.exchange(RequestHead("POST", "/hook", bodyBytes: 11)).begin())
    #expect(fixture.reply.lines == ["refuse 413 body-too-large"])
    fixture.deliver([UInt8](repeating: 7, count: 10))
    fixture.forwarder.at("app").complete(200)
    #expect(fixture.reply.lines == ["send 200 "])
    fixture.expectEmpty()
  }

  @Test func `a chunked body is 413 at the first byte over the limit`() throws {
    let fixture = ExchangeFixture([Route("/hook", bodyBytesMax: 10)])
    let exchange = fixture.exchange(RequestHead("POST", "/hook"))
    #expect(exchange.begin())
    #expect(exchange.bodyBytesMax == 10)
    let ten = [UInt8](repeating: 7, count: 10)
    #expect(ten.withUnsafeBytes { exchange.collect($0) })
    #expect(fixture.reply.lines == [])
    #expect(!([UInt8(1)].withUnsafeBytes { exchange.collect($0) }))
    #expect(fixture.reply.lines == ["refuse 413 body-too-large"])
    #expect(![UInt8(1)].withUnsafeBytes { exchange.collect($0) })
    exchange.bodyEnded()
    #expect(fixture.forwarder.attempts.isEmpty)
    #expect(try fixture.onlyRecord().bodyBytes == 10)
  }

  @Test func `a full gateway is 503, and takes again once a place is free`() throws {
    var limits = Limits()
    limits.inFlightMax = 2
    let fixture = ExchangeFixture(limits: limits)
    fixture.deliver()
    fixture.deliver()
    fixture.deliver()
    #expect(fixture.reply.lines == ["refuse 503 in-flight-max"])
    #expect(fixture.recorder.records.map(\.reason) == ["in-flight-max"])
    fixture.forwarder.attempts[0].complete(200)
    fixture.deliver()
    #expect(fixture.forwarder.attempts.count == 3)
    for attempt in fixture.forwarder.attempts { attempt.finish() }
  }

  @Test func `bytes in flight are bounded across deliveries`() throws {
    var limits = Limits()
    limits.inFlightBytesMax = 100
    let fixture = ExchangeFixture(limits: limits)
    fixture.deliver([UInt8](repeating: 1, count: 60))
    fixture.deliver([UInt8](repeating: 2, count: 41))
    #expect(fixture.reply.lines == ["refuse 503 in-flight-bytes-max"])
    #expect(fixture.admission.bytesInFlight == 60)
    fixture.deliver([UInt8](repeating: 3, count: 40))
    #expect(fixture.admission.bytesInFlight == 100)
    for attempt in fixture.forwarder.attempts { attempt.complete(200) }
    fixture.expectEmpty()
  }
}
