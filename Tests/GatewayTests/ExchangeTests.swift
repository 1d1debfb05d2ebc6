import HTTP
import TestSupport
import Testing

@testable import Gateway

@Suite struct ExchangeTests {
  @Test func `a verified delivery is forwarded with the mark, and the answer handed back`() throws {
    let gate = Gate()
    gate.deliver(adding: [("X-Verified", "false"), ("X-A", "1")])
    let attempt = try #require(gate.forwarder.attempts.first)
    #expect(attempt.headers.values("x-verified") == ["true"])
    #expect(attempt.headers.values("x-a") == ["1"])
    #expect(attempt.body == sampleBody)
    #expect(gate.admission.deliveriesInFlight == 1)
    #expect(gate.admission.bytesInFlight == sampleBody.count)
    attempt.complete(201, "thanks")
    #expect(gate.reply.lines == ["send 201 thanks"])
    let record = try gate.onlyRecord()
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
      let gate = Gate()
      gate.deliver(body, partBytes: partBytes)
      #expect(try #require(gate.forwarder.attempts.first).body == body)
      gate.forwarder.attempts[0].complete(200)
      _ = try gate.onlyRecord()
    }
  }

  @Test func `a body is the same whether it was copied or put into its room`() throws {
    let gate = Gate()
    let body = (0..<4000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let exchange = gate.exchange(
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
      #expect(gate.admission.bytesInFlight == start + 500)
    }
    #expect(exchange.room(1) == nil)
    exchange.bodyEnded()
    #expect(gate.forwarder.at("app").body == body)
    gate.forwarder.at("app").complete(200)
    #expect(exchange.room(1) == nil && !exchange.collected(0))
    _ = try gate.onlyRecord()
  }

  @Test func `a body buffer is used again and never shows an earlier body`() throws {
    let gate = Gate()
    let bodies = [[UInt8](repeating: 1, count: 3000), [2], [], [UInt8](repeating: 3, count: 4000)]
    for body in bodies {
      gate.deliver(body)
      gate.forwarder.at("app").complete(200)
    }
    #expect(gate.forwarder.attempts.map(\.body) == bodies)
    gate.expectEmpty()
  }

  @Test func `deliveries at once do not mix`() throws {
    let gate = Gate()
    let bodies = (0..<20).map { Array("body \($0)".utf8) }
    for body in bodies { gate.deliver(body) }
    #expect(gate.forwarder.attempts.map(\.body) == bodies)
    #expect(gate.admission.deliveriesInFlight == 20)
    for attempt in gate.forwarder.attempts.reversed() { attempt.complete(200) }
    gate.expectEmpty()
    #expect(gate.recorder.records.count == 20)
    #expect(Set(gate.recorder.records.map(\.requestID)).count == 20)
  }

  @Test(arguments: ["GET", "post", "PUT", ""])
  func `a method that the route does not take is 405 with those it takes`(method: String) throws {
    let gate = Gate()
    #expect(!gate.exchange(RequestHead(method, "/hook")).begin())
    #expect(gate.reply.lines == ["refuse 405 method"])
    #expect(try gate.onlyRecord().status == 405)
    #expect(Rejection.methodNotAllowed(allowed: ["POST"]).status == 405)
  }

  @Test(arguments: ["/", "/hoo", "/hook/", "/hook2", "/HOOK", "/hook%20", "/x/hook"])
  func `a path that no route has is 404 before any body`(path: String) throws {
    let gate = Gate()
    #expect(!gate.exchange(RequestHead("POST", path)).begin())
    #expect(gate.reply.lines == ["refuse 404 no-such-path"])
    #expect(try gate.onlyRecord().route == nil)
  }

  @Test(arguments: ["/hooks/../admin", "/hooks/a//b", "/hooks/%2e%2e/x", "/hooks/a\\b", "/hooks/%00"])
  func `an ambiguous rest is 400`(path: String) throws {
    let gate = Gate([Route("/hooks/*")])
    #expect(!gate.exchange(RequestHead("POST", path)).begin())
    #expect(gate.reply.lines == ["refuse 400 ambiguous-path"])
    #expect(try gate.onlyRecord().route == "/hooks/*")
  }

  @Test func `another route's mark is nobody's to send either`() throws {
    let mark = VerifiedMark(name: "X-Genuine", value: "yes")
    for path in ["/hook", "/other"] {
      let gate = Gate([Route("/hook", observe: true), Route("/other", observe: true, mark: mark)])
      gate.deliver(
        signed: forger, target: path,
        adding: [
          ("X-Genuine", "yes"), ("x-genuine-failed", "no"), ("X-Verified", "true"),
          ("X-Verified-Failed", "no"),
        ])
      gate.looks.finish()
      let headers = gate.forwarder.at("app").headers
      #expect(headers.values("X-Genuine") + headers.values("X-Verified") == [])
      let failed = headers.values("X-Genuine-Failed") + headers.values("X-Verified-Failed")
      #expect(failed == ["mismatch"])
      gate.forwarder.at("app").complete(200)
      _ = try gate.onlyRecord()
    }
  }

  @Test func `the query is no part of the path and goes along`() throws {
    let gate = Gate()
    gate.deliver(target: "/hook?a=../b//c")
    #expect(gate.forwarder.at("app").target == "/?a=../b//c")
    gate.forwarder.at("app").complete(200)
    #expect(try gate.onlyRecord().path == "/hook")
  }

  @Test func `a length over the limit is 413 before any body, the limit itself is taken`() throws {
    let gate = Gate([Route("/hook", bodyBytesMax: 10)])
    #expect(!gate.exchange(RequestHead("POST", "/hook", bodyBytes: 11)).begin())
    #expect(gate.reply.lines == ["refuse 413 body-too-large"])
    gate.deliver([UInt8](repeating: 7, count: 10))
    gate.forwarder.at("app").complete(200)
    #expect(gate.reply.lines == ["send 200 "])
    gate.expectEmpty()
  }

  @Test func `a chunked body is 413 at the first byte over the limit`() throws {
    let gate = Gate([Route("/hook", bodyBytesMax: 10)])
    let exchange = gate.exchange(RequestHead("POST", "/hook"))
    #expect(exchange.begin())
    #expect(exchange.bodyBytesMax == 10)
    let ten = [UInt8](repeating: 7, count: 10)
    #expect(ten.withUnsafeBytes { exchange.collect($0) })
    #expect(gate.reply.lines == [])
    #expect(!([UInt8(1)].withUnsafeBytes { exchange.collect($0) }))
    #expect(gate.reply.lines == ["refuse 413 body-too-large"])
    #expect(![UInt8(1)].withUnsafeBytes { exchange.collect($0) })
    exchange.bodyEnded()
    #expect(gate.forwarder.attempts.isEmpty)
    #expect(try gate.onlyRecord().bodyBytes == 10)
  }

  @Test func `a full gateway is 503, and takes again once a place is free`() throws {
    var limits = Limits()
    limits.inFlightMax = 2
    let gate = Gate(limits: limits)
    gate.deliver()
    gate.deliver()
    gate.deliver()
    #expect(gate.reply.lines == ["refuse 503 in-flight-max"])
    #expect(gate.recorder.records.map(\.reason) == ["in-flight-max"])
    gate.forwarder.attempts[0].complete(200)
    gate.deliver()
    #expect(gate.forwarder.attempts.count == 3)
    for attempt in gate.forwarder.attempts { attempt.finish() }
  }

  @Test func `bytes in flight are bounded across deliveries`() throws {
    var limits = Limits()
    limits.inFlightBytesMax = 100
    let gate = Gate(limits: limits)
    gate.deliver([UInt8](repeating: 1, count: 60))
    gate.deliver([UInt8](repeating: 2, count: 41))
    #expect(gate.reply.lines == ["refuse 503 in-flight-bytes-max"])
    #expect(gate.admission.bytesInFlight == 60)
    gate.deliver([UInt8](repeating: 3, count: 40))
    #expect(gate.admission.bytesInFlight == 100)
    for attempt in gate.forwarder.attempts { attempt.complete(200) }
    gate.expectEmpty()
  }
}
