import Foundation
import TestSupport
import Testing

/// Bodies that are received straight to where they are kept, and sent from there.
@Suite(.ownThread) struct LargeBodyTests {
  private static func body(_ count: Int, seed: UInt64) -> [UInt8] {
    // Byte by byte it would take longer than a sanitized gateway waits for the next delivery.
    var generator = SeededGenerator(seed: seed)
    let words = (0..<(count + 7) / 8).map { _ in generator.next() }
    return words.withUnsafeBytes { Array($0.prefix(count)) }
  }

  /// Places of all kinds where a stream of two requests may be cut into packets.
  private static func cuts(_ first: SignedRequest, _ second: SignedRequest) -> [Int] {
    let head = first.head.count
    let end = first.bytes.count
    return [
      1, head - 1, head, head + 1, head + 2047, head + 4096, head + 65_536, head + 262_144, end - 262_144,
      end - 1, end, end + 1, end + second.head.count - 1, end + second.head.count,
      end + second.head.count + 1,
    ]
  }

  @Test func `wherever two requests are cut, the body of the first ends where it said`() throws {
    let fixture = try GatewayFixture()
    let first = SignedRequest(bytes: Self.body(600_000, seed: 11))
    for second in [SignedRequest("behind"), SignedRequest(bytes: Self.body(100_000, seed: 12))] {
      let all = first.bytes + second.bytes
      for cut in Self.cuts(first, second) {
        let client = try fixture.gateway.connect()
        client.offer(Array(all[..<cut]))
        usleep(20_000)
        client.offer(Array(all[cut...]))
        for _ in 0..<2 { #expect(try client.response().status == 200, "cut at \(cut)") }
        let seen = try fixture.upstream.requests(atLeast: 2).map(\.body)
        #expect(seen == [first.body, second.body], "cut at \(cut)")
        fixture.upstream.forget()
      }
    }
  }

  @Test func `one connection carries bodies of all sizes and framings in turn`() throws {
    let sizes = [1, 70_000, 0, 2_500_000, 300, 65_535, 65_536, 65_537, 262_144, 262_145, 1_048_576, 7]
    let requests = sizes.enumerated().flatMap { turn, size in
      [nil, [50_000]].map { chunks in
        SignedRequest(bytes: Self.body(size, seed: UInt64(turn))).with { $0.chunks = chunks }
      }
    }
    let fixture = try GatewayFixture(limits: "body-bytes-max: 4194304")
    let client = try fixture.gateway.connect()
    for request in requests {
      client.offer(request.bytes)
      #expect(try client.response().status == 200, "\(request.body.count)")
      #expect(try fixture.upstream.onlyRequest().body == request.body, "\(request.body.count)")
      fixture.upstream.forget()
    }
  }

  @Test func `a large body that a sender breaks off reaches nobody, and its place is free again`() throws {
    let body = Self.body(900_000, seed: 13)
    let fixture = try GatewayFixture(limits: "in-flight-max: 1")
    let request = SignedRequest(bytes: body)
    for reset in [false, true] {
      for sent in [1, 5000, 70_000, 400_000, 899_999] {
        let client = try fixture.gateway.connect()
        client.offer(request.head + Array(body[..<sent]))
        _ = client.readSome(for: 0.02)
        if reset { client.reset() } else { client.close() }
        #expect(
          eventually { (try? fixture.gateway.exchange(SignedRequest("next").bytes).status) == 200 }, "\(sent)"
        )
      }
    }
    #expect(fixture.upstream.requests.allSatisfy { $0.body == Array("next".utf8) })
  }

  @Test func `a forged large body is refused wherever its altered byte is`() throws {
    let fixture = try GatewayFixture()
    let body = Self.body(600_000, seed: 14)
    let request = SignedRequest(bytes: body)
    for place in [0, 3000, 65_535, 262_143, 262_144, 599_999] {
      var altered = request.bytes
      altered[request.head.count + place] ^= 1
      #expect(try fixture.gateway.exchange(altered).status == 401, "\(place)")
    }
    try fixture.expectServing()
  }

  @Test func `body bytes in flight are counted while a large body comes`() throws {
    let latch = Latch()
    let fixture = try GatewayFixture(limits: "body-bytes-max: 800000\nin-flight-bytes-max: 1000000") {
      request in
      request.body.count == 600_000 ? latch.held() : .ok
    }
    let waiting = SignedRequest(bytes: Self.body(600_000, seed: 15))
    let large = SignedRequest(bytes: Self.body(500_000, seed: 16))
    let bytes = large.bytes
    let first = try fixture.gateway.connect()
    first.offer(waiting.bytes)
    _ = try fixture.upstream.requests(atLeast: 1)
    let second = try fixture.gateway.connect()
    second.offer(bytes)
    let response = try second.response()
    #expect(response.status == 503)
    #expect(response.head.has("retry-after"))
    latch.open()
    #expect(try first.response().status == 200)
    // Its place is given back behind the answer.
    #expect(eventually { (try? fixture.gateway.exchange(bytes).status) == 200 })
    #expect(try fixture.upstream.requests(atLeast: 2).map(\.body) == [waiting.body, large.body])
  }

  // MARK: To upstreams of all kinds

  @Test func `an upstream that reads slowly, through small buffers, gets every byte`() throws {
    let upstream = try RecordingUpstream(receiveBufferBytes: 4_096)
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(
        upstreams: [upstream.url()], route: "upstream-idle-seconds-max: 600",
        limits: "body-bytes-max: 8388608",
        workers: 1))
    let requests = [65_536, 300_001, 1_048_576, 6_000_000, 70_000].enumerated().map { turn, size in
      SignedRequest(bytes: Self.body(size, seed: UInt64(20 + turn)))
    }
    let whole = requests.map(\.bytes)
    for (request, bytes) in zip(requests, whole) {
      #expect(try gateway.exchange(bytes, seconds: 40).status == 200, "\(request.body.count)")
      let seen = try upstream.onlyRequest()
      #expect(seen.body == request.body, "\(request.body.count)")
      #expect(seen.head.values("content-length") == ["\(request.body.count)"])
      #expect(!seen.head.has("transfer-encoding") && !seen.head.has("expect"))
      upstream.forget()
    }
    #expect(upstream.connections == 1)
  }

  @Test func `an upstream on a unix socket gets every byte`() throws {
    let folder = try TemporaryDirectory()
    let upstream = try RecordingUpstream(unixPath: folder.path + "/app.sock")
    let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url()]))
    for turn in 0..<4 {
      let request = SignedRequest(bytes: Self.body(1_000_000, seed: UInt64(30 + turn)))
      #expect(try gateway.exchange(request.bytes).status == 200)
      #expect(try upstream.onlyRequest().body == request.body)
      upstream.forget()
    }
  }

  /// Its answers make libcurl speak to it as to one that knows no chunks.
  @Test func `an upstream of HTTP 1.0 gets a length and every byte`() throws {
    let fixture = try GatewayFixture { _ in
      UpstreamReply.raw("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok").then(.close)
    }
    for turn in 0..<4 {
      let request = SignedRequest(bytes: Self.body(turn % 2 == 0 ? 500_000 : 10, seed: UInt64(40 + turn)))
      #expect(try fixture.gateway.exchange(request.bytes).status == 200)
      let seen = try fixture.upstream.onlyRequest()
      #expect(seen.body == request.body && seen.head.values("content-length") == ["\(request.body.count)"])
      fixture.upstream.forget()
    }
  }

  @Test func `any method and a head of any size go with a large body`() throws {
    let fixture = try GatewayFixture(
      route: "methods: [POST, PUT, DELETE, GET]",
      limits: "header-bytes-max: 65536\nheader-fields-max: 200")
    for method in ["PUT", "DELETE", "POST", "GET"] {
      for fields in [0, 100] {
        let request = SignedRequest(bytes: Self.body(200_000, seed: 50)).with {
          $0.method = method
          $0.lines += (0..<fields).map { "X-\($0): " + String(repeating: "v", count: 600) }
        }
        #expect(try fixture.gateway.exchange(request.bytes).status == 200, "\(method) \(fields)")
        let seen = try fixture.upstream.onlyRequest()
        #expect(seen.method == method && seen.body == request.body, "\(method) \(fields)")
        #expect(seen.head.lines.count { $0.hasPrefix("X-") && $0.hasSuffix("vvv") } == fields)
        fixture.upstream.forget()
      }
    }
  }

  @Test func `several upstreams get the same large body at the same time, also the slow ones`() throws {
    let slow = try RecordingUpstream(receiveBufferBytes: 4_096)
    let fast = try RecordingUpstream()
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [slow.url(), fast.url()], route: "deliver: all"))
    for turn in 0..<3 {
      let request = SignedRequest(bytes: Self.body(1_048_576, seed: UInt64(60 + turn)))
      #expect(try gateway.exchange(request.bytes).status == 200)
      for upstream in [slow, fast] {
        #expect(try upstream.onlyRequest().body == request.body)
        upstream.forget()
      }
    }
  }

  @Test func `deliveries of all sizes at once do not mix`() throws {
    let fixture = try GatewayFixture(workers: 1) { request in .answer(200, body: "\(request.body.count)") }
    let requests = (0..<24).map { number in
      let size = [90_000, 400_000, 10, 1_000_000][number % 4] + number
      return SignedRequest(bytes: Self.body(size, seed: UInt64(70 + number)))
    }
    for _ in 0..<2 {
      let clients = try requests.map { _ in try fixture.gateway.connect() }
      for (client, request) in zip(clients, requests) { client.offer(request.bytes) }
      for (client, request) in zip(clients, requests) {
        #expect(try client.response().text == "\(request.body.count)")
      }
      let seen = try fixture.upstream.requests(atLeast: requests.count)
      #expect(Set(seen.map(\.body)) == Set(requests.map(\.body)))
      fixture.upstream.forget()
    }
  }

  @Test func `an upstream that answers first and reads then gets every byte`() throws {
    for size in [100_000, 1_048_576, 6_000_000] {
      let upstream = try RecordingUpstream(answersBeforeTheBody: true, receiveBufferBytes: 4_096) { _ in
        UpstreamReply.ok.then(.pause(milliseconds: 200), .hang)
      }
      let gateway = try GatewayProcess(
        config: GatewayConfig.text(upstreams: [upstream.url()], limits: "body-bytes-max: 8388608"))
      let request = SignedRequest(bytes: Self.body(size, seed: 100))
      #expect(try gateway.exchange(request.bytes, seconds: 40).status == 200, "\(size)")
      let head = try #require(upstream.requests.first).head.bytes.count
      #expect(eventually { upstream.bytesReceived == head + size }, "\(size)")
    }
  }
}
