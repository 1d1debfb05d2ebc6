import Formats
import HTTP
import Signing
import Synchronization
import TestSupport
import Testing

@testable import Gateway
@testable import Operations

/// Who asks for refused deliveries gets those of the route, and no more than it asked for.
struct CapturesTests {
  /// Counts what is shown, whether anybody asks or not.
  private final class Others: RefusalObserver {
    let count = Mutex(0)

    func refused(_ delivery: RefusedDelivery) { count.withLock { $0 += 1 } }
  }

  private let others = Others()
  private let routes = RouteTable(["/a", "/b"].map(CapturesTests.route))

  private static func route(_ path: String) -> Route {
    Route(
      path: PathPattern(path)!, host: nil, secretFileIndex: 0,
      upstreams: [Upstream(name: "u", host: "a", port: 1)])
  }

  private func delivery(_ path: String, bodyBytes: Int = 3) throws -> RefusedDelivery {
    var headers = HeaderList()
    headers.append(name: "Host", value: "a")
    let head = RequestHead(
      method: "POST", target: Array(path.utf8), headers: headers, framing: .length(bodyBytes), hostIndex: 0)
    let body = BodyBuffer()
    [UInt8](repeating: 0x78, count: bodyBytes).withUnsafeBytes { body.append($0) }
    let secret = Secret(Array("s".utf8))
    return RefusedDelivery(
      head: head, body: body, route: try #require(routes.all.first { $0.path.text == path }),
      secrets: SecretSet(path: "/s", lines: [secret], keys: [secret]), reason: .mismatch,
      arrival: Moment(unixMilliseconds: 7, uptimeNanoseconds: 1))
  }

  /// What comes until the end.
  private func answers(_ stream: AsyncStream<[UInt8]>, count: Int) async throws -> [CaptureAnswer] {
    var reader = CaptureReader(count: count)
    var answers: [CaptureAnswer] = []
    for await bytes in stream {
      reader.take(bytes)
      while let answer = try reader.next() { answers.append(answer) }
    }
    return answers
  }

  @Test func `it gets the next of its route, and an end when it has them all`() async throws {
    let captures = Captures(besides: others)
    captures.refused(try delivery("/a"))
    let stream = captures.capture(
      try #require(CaptureRequest(route: "/a", count: 2, seconds: 60)), routes: routes)
    for path in ["/b", "/a", "/b", "/a", "/a"] { captures.refused(try delivery(path)) }
    let answers = try await answers(stream, count: 2)
    let captured = CapturedRequest(
      bytes: Array("POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nxxx".utf8),
      arrivalUnixMilliseconds: 7, reason: "mismatch")
    #expect(answers == [.waiting, .captured(captured), .captured(captured), .end("complete")])
    #expect(others.count.withLock { $0 } == 6)
  }

  @Test func `a route that is none is refused`() async throws {
    let stream = Captures(besides: others).capture(
      try #require(CaptureRequest(route: "/c", count: 1, seconds: 60)), routes: routes)
    #expect(try await answers(stream, count: 1) == [.refused("no-such-route")])
  }

  @Test func `so many capture at once, and when one goes another may`() async throws {
    let captures = Captures(besides: others)
    let request = try #require(CaptureRequest(route: "/a", count: 1, seconds: 60))
    let streams = (0..<Captures.capturesMax).map { _ in captures.capture(request, routes: routes) }
    #expect(try await answers(captures.capture(request, routes: routes), count: 1) == [.refused("busy")])
    captures.refused(try delivery("/a"))
    for stream in streams { #expect(try await answers(stream, count: 1).last == .end("complete")) }
    let next = captures.capture(request, routes: routes)
    captures.refused(try delivery("/a"))
    #expect(try await answers(next, count: 1).last == .end("complete"))
  }

  @Test func `one that is larger than what a capture may hold ends it`() async throws {
    let captures = Captures(besides: others)
    let request = try #require(CaptureRequest(route: "/a", count: 2, seconds: 60))
    let stream = captures.capture(request, routes: routes)
    captures.refused(try delivery("/a", bodyBytes: Captures.captureBytesMax))
    #expect(try await answers(stream, count: 2) == [.waiting, .end("bytes")])
  }

  @Test func `its time ends it`() async throws {
    let captures = Captures(besides: others)
    let request = try #require(CaptureRequest(route: "/a", count: 1, seconds: 1))
    #expect(
      try await answers(captures.capture(request, routes: routes), count: 1) == [.waiting, .end("time")])
  }
}
