import Foundation
import TestSupport
import Testing

/// An upstream that lies, cuts off or speaks garbage.
@Suite(.ownThread) struct UpstreamHostileTests {
  private static let dropped = "502, sent once, connection dropped"

  @Test func `an unsound answer is 502, sent once, and its connection is not used again`() throws {
    let table = Dictionary(uniqueKeysWithValues: UnsoundAnswers.all)
    let fixture = try FaultFixture(workers: 1) { name, _ in table[name] ?? .ok }
    for (name, _) in UnsoundAnswers.all {
      HostileTable.row(.upstreamFault, "answer: " + name, expected: Self.dropped) {
        try fixture.outcome(name)
      }
    }
    #expect(!fixture.gateway.log.contains { $0.contains("level=critical") })
    // Nor is any of it called a failure of the gateway's own: the operator would look in the wrong place.
    #expect(fixture.gateway.log.filter { $0.contains("upstream-internal") } == [])
  }

  @Test func `an error status is the sender's answer, once, and nothing is followed`() throws {
    let canary = try RecordingUpstream()
    let statuses = [300, 301, 302, 303, 307, 308, 400, 401, 407, 408, 413, 417, 421, 425, 429, 500, 503, 511]
    let lines = [
      "Location: \(canary.url())", "WWW-Authenticate: Basic realm=\"x\"", "Proxy-Authenticate: NTLM",
      "Retry-After: 0", "Alt-Svc: h2=\"127.0.0.1:\(canary.port)\"", "Refresh: 0; url=\(canary.url())",
      "Set-Cookie: a=b",
    ]
    let fixture = try FaultFixture(route: "upstream-idle-seconds-max: 60", workers: 1) { name, _ in
      Int(name).map { .answer($0, lines: lines, body: "no") } ?? .ok
    }
    for status in statuses {
      HostileTable.row(
        .upstreamFault, "status \(status)", expected: "\(status), sent once, connection used again"
      ) {
        try fixture.outcome(String(status))
      }
    }
    #expect(canary.connections == 0)
    #expect(fixture.upstream.requests.allSatisfy { !$0.head.has("authorization") && !$0.head.has("cookie") })
  }

  @Test func `an upstream that takes nothing is 502 or 504`() throws {
    let stalled = try StalledListener()
    let closed = try FreePort.take()
    for (name, port, status) in [("refuses", closed, 502), ("never accepts", stalled.port, 504)] {
      let gateway = try GatewayProcess(
        config: GatewayConfig.text(
          upstreams: ["http://127.0.0.1:\(port)/"], route: "connect-seconds-max: 1"))
      HostileTable.row(.upstreamFault, name, expected: "\(status)") {
        String(try gateway.exchange(SignedRequest().bytes, seconds: 20).status)
      }
    }
  }

  @Test func `an upstream that answers before it read the body is heard, whatever the body's size`()
    throws
  {
    let statuses = [200, 413, 500]
    for status in statuses {
      let upstream = try RecordingUpstream(answersBeforeTheBody: true) { _ in
        UpstreamReply.answer(status, lines: ["Connection: close"], body: "early").then(.hang)
      }
      let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url()]))
      for count in [0, 100, 100_000, 1_048_576] {
        HostileTable.row(
          .upstreamTime, "answers \(status) early, body of \(count)", expected: "\(status) early"
        ) {
          let request = SignedRequest(bytes: [UInt8](repeating: 7, count: count))
          let response = try gateway.exchange(request.bytes)
          return "\(response.status) \(response.text)"
        }
      }
      #expect(upstream.requests.count == 4)
    }
  }

  @Test
  func `an upstream that answers early and stops reading gets the next delivery on another connection`()
    throws
  {
    for count in [100_000, 300_000, 1_048_576] {
      // What the upstream's kernel has taken looks the same as what the upstream has read.
      let upstream = try RecordingUpstream(answersBeforeTheBody: true, receiveBufferBytes: 4_096) { request in
        request.connection == 0 ? UpstreamReply.ok.then(.pause(milliseconds: 30_000)) : .ok
      }
      let gateway = try GatewayProcess(
        config: GatewayConfig.text(
          upstreams: [upstream.url()], route: "first-byte-seconds-max: 2\ntotal-seconds-max: 3", workers: 1))
      // What does not fit into the kernel's buffers either is never sent.
      let first = try gateway.exchange(SignedRequest(bytes: [UInt8](repeating: 7, count: count)).bytes).status
      HostileTable.row(
        .upstreamTime, "answers early, reads no more, body of \(count)", expected: "200, 2 connections"
      ) {
        let status = try gateway.exchange(SignedRequest(bytes: []).bytes).status
        return "\(status), \(upstream.connections) connections"
      }
      #expect(first == 200)
    }
  }

  @Test func `a large body that was read whole does not cost its connection`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(
        upstreams: [upstream.url()], route: "upstream-idle-seconds-max: 600", workers: 1))
    for count in [100_000, 1_048_576, 1_048_576, 100_000] {
      let request = SignedRequest(bytes: [UInt8](repeating: 7, count: count))
      #expect(try gateway.exchange(request.bytes).status == 200)
    }
    #expect(upstream.connections == 1)
  }

  @Test func `an upstream that closes or resets before it read the body is 502`() throws {
    for (name, reply) in [("closes", UpstreamReply.close), ("resets", .reset)] {
      let upstream = try RecordingUpstream(answersBeforeTheBody: true) { _ in reply }
      let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url()]))
      for count in [100_000, 1_048_576] {
        HostileTable.row(.upstreamTime, "\(name) early, body of \(count)", expected: "502") {
          String(try gateway.exchange(SignedRequest(bytes: [UInt8](repeating: 7, count: count)).bytes).status)
        }
      }
      #expect(upstream.requests.count == 2)
    }
  }

  private static let hints = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
  private static let sound: [(String, UpstreamReply, again: Bool)] = [
    (
      "interim",
      .raw(hints + "HTTP/1.1 102 Processing\r\n\r\n" + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), true
    ),
    (
      "hundred-interim",
      .raw(String(repeating: hints, count: 100) + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), true
    ),
    ("no-length", UpstreamReply.raw("HTTP/1.1 200 OK\r\n\r\nok").then(.close), false),
    ("http-1.0", UpstreamReply.raw("HTTP/1.0 200 OK\r\n\r\nok").then(.close), false),
    ("chunked-trailers", .chunked(["o", "k"], trailers: "X-Verified: true\r\nContent-Length: 9\r\n"), true),
    (
      "chunk-extensions",
      .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=\"b\"\r\nok\r\n0;c\r\n\r\n"), true
    ),
    (
      "byte-by-byte",
      .drip("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", pieces: 1, pauseMilliseconds: 2), true
    ),
    ("same-length-twice", .raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"), true),
    ("close-announced", .answer(200, lines: ["Connection: close"], body: "ok"), false),
    (
      "close-announced-and-done",
      UpstreamReply.answer(200, lines: ["Connection: close"], body: "ok").then(.close), false
    ),
    ("close-not-announced", UpstreamReply.ok.then(.close), false),
    ("reset-behind-it", UpstreamReply.ok.then(.pause(milliseconds: 30), .reset), false),
    (
      "extra-bytes",
      .raw(
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"),
      false
    ),
    (
      "extra-bytes-later",
      UpstreamReply.ok.then(
        .pause(milliseconds: 20), .send(Array("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged".utf8))),
      false
    ),
    // Nothing of the body is missing, so libcurl's leniency is kept.
    (
      "last-lf-missing",
      UpstreamReply.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r").then(
        .close), false
    ),
    ("length-too-short", .raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more"), false),
    (
      "body-behind-chunks",
      .raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nforged"), false
    ),
  ]

  @Test func `a sound answer comes back whole, and nothing behind it reaches anyone`() throws {
    let table = Dictionary(uniqueKeysWithValues: Self.sound.map { ($0.0, $0.1) })
    let fixture = try FaultFixture(workers: 1) { name, _ in table[name] ?? .ok }
    for (name, _, isAgain) in Self.sound {
      let fate = isAgain ? "used again" : "dropped"
      HostileTable.row(.surplusAnswer, name, expected: "200 ok, sent once, \(fate), the next: 200 ok") {
        let first = try fixture.gateway.exchange(fixture.request(name).bytes)
        try FaultFixture.hold(
          !first.head.has("x-verified") && !first.head.has("link"), "a field that is nobody's")
        // What an upstream says late has time to arrive; where the connection ends by it, it has ended.
        usleep(60_000)
        if !isAgain { eventually { fixture.upstream.openConnections == 0 } }
        let next = try fixture.gateway.exchange(fixture.request("after-" + name).bytes)
        let isSame = fixture.seen(name).last?.connection == fixture.seen("after-" + name).last?.connection
        let count = fixture.seen(name).count == 1 ? "once" : "\(fixture.seen(name).count) times"
        return "\(first.status) \(first.text), sent \(count), \(isSame ? "used again" : "dropped"), "
          + "the next: \(next.status) \(next.text)"
      }
    }
  }

  @Test(arguments: [204, 304])
  func `a body behind an answer that has none reaches nobody`(status: Int) throws {
    let fixture = try FaultFixture(workers: 1) { name, _ in
      name == "none" ? .raw("HTTP/1.1 \(status) None\r\nContent-Length: 6\r\n\r\nforged") : .ok
    }
    HostileTable.row(
      .surplusAnswer, "\(status) with a body", expected: "\(status), sent once, connection dropped"
    ) {
      try fixture.outcome("none")
    }
  }

  @Test func `with two upstreams and one down, no 2xx while one of them has not got it`() throws {
    for (deliver, order, expected) in [
      ("all", "down, up", "502"), ("all", "up, down", "502"), ("first", "down, up", "200"),
      ("first", "up, down", "200"), ("first", "down, down", "502"), ("all", "down, down", "502"),
    ] {
      HostileTable.row(.severalUpstreams, "deliver: \(deliver), \(order)", expected: expected) {
        let up = try RecordingUpstream()
        let urls = try order.split(separator: ", ").map { state in
          state == "up" ? up.url() : "http://127.0.0.1:\(try FreePort.take())/"
        }
        let gateway = try GatewayProcess(
          config: GatewayConfig.text(upstreams: urls, route: "deliver: \(deliver)"))
        let status = try gateway.exchange(SignedRequest().bytes).status
        let wanted = order.contains("up") ? 1 : 0
        try FaultFixture.hold(up.requests.count == wanted, "the one that is up saw \(up.requests.count)")
        return String(status)
      }
    }
  }

  @Test func `a long answer that breaks off counts as a failure of its upstream`() throws {
    let long = String(repeating: "x", count: 200_000)
    let cut = UpstreamReply.raw("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + long).then(.close)
    HostileTable.row(
      .severalUpstreams, "deliver: all, the second breaks off in a long answer", expected: "502"
    ) {
      let whole = try RecordingUpstream { _ in .ok }
      let broken = try RecordingUpstream { _ in cut }
      let gateway = try GatewayProcess(
        config: GatewayConfig.text(upstreams: [whole.url(), broken.url()], route: "deliver: all"))
      return String(try gateway.exchange(SignedRequest().bytes).status)
    }
  }
}
