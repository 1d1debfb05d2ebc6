import Foundation
import TestSupport
import Testing

/// What connections beyond `connections-max` may cost, and what a lack of descriptors is called.
@Suite(.ownThread) struct OverLimitTests {
  private static let closing = UpstreamReply.answer(200, lines: ["Connection: close"], body: "ok")

  private func fixture(_ limits: String, descriptors: Int) throws -> GatewayFixture {
    try GatewayFixture(limits: limits, startedBy: ["prlimit", "--nofile=\(descriptors)"]) { _ in Self.closing
    }
  }

  /// So many that each have had one answer and stay.
  private func seated(_ count: Int, at fixture: GatewayFixture) throws -> [RawClient] {
    try (0..<count).map { _ in
      let client = try fixture.gateway.connect()
      try client.send(SignedRequest("seated").bytes)
      #expect(try client.response().status == 200)
      return client
    }
  }

  @Test func `who is refused and goes on sending takes no descriptor from deliveries`() throws {
    let fixture = try fixture("connections-max: 20\nin-flight-max: 20", descriptors: 260)
    let inside = try seated(20, at: fixture)
    var flood: [RawClient] = []
    var statuses: [Int] = []
    var most = 0
    // Each that was cut off is followed by another one.
    for turn in 0..<15 {
      flood.removeAll { $0.isDead }
      while flood.count < 400 { flood.append(try fixture.gateway.connect()) }
      for client in flood { client.offer([120], within: 0) }
      most = max(most, fixture.gateway.descriptorCount)
      let client = inside[turn % inside.count]
      try client.send(SignedRequest("genuine").bytes)
      statuses.append(try client.response(within: 30).status)
      usleep(50_000)
    }
    #expect(statuses == Array(repeating: 200, count: 15))
    #expect(most < 200, "descriptors open at most, of 260, with 20 connections allowed")
    #expect(fixture.gateway.log.filter { $0.contains("no connection can be accepted") } == [])
  }

  @Test func `who is refused and sent a short request hears 503 and when to come again`() throws {
    let fixture = try GatewayFixture(limits: "connections-max: 1")
    let inside = try seated(1, at: fixture)
    for _ in 0..<20 {
      let refused = try fixture.gateway.connect()
      refused.offer(SignedRequest("short").bytes)
      refused.halfClose()
      let response = try refused.response()
      #expect(response.status == 503)
      #expect(response.head.value("retry-after") == "1")
      #expect(refused.isClosedByPeer())
    }
    #expect(inside.count == 1)
  }

  /// As a front does that has lost its pool. Most of them hear it, however many places there are to wait in.
  @Test func `who opens hundreds of connections at once hears 503 on most of them`() throws {
    let fixture = try GatewayFixture(limits: "connections-max: 1")
    let inside = try seated(1, at: fixture)
    let crowd = try (0..<300).map { _ in try fixture.gateway.connect() }
    for client in crowd { client.offer(SignedRequest("short").bytes, within: 1) }
    let heard = crowd.count { (try? $0.response(within: 5).status) == 503 }
    #expect(heard > 150)
    // Nobody waits to be closed for ever, and the places are free again.
    #expect(crowd.allSatisfy { $0.isClosedByPeer(within: 15) })
    let later = try fixture.gateway.connect()
    #expect(try later.response().status == 503)
    #expect(inside.count == 1)
  }

  @Test(arguments: ["BROKEN\r\n\r\n", "POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n"])
  func `a connection that lingers behind its last answer keeps its place until it is closed`(request: String)
    throws
  {
    let fixture = try GatewayFixture(limits: "connections-max: 1\nbody-bytes-max: 10")
    // On a busy machine the second may come when the first is over.
    let isRefused = eventually(within: 30) {
      guard let lingering = try? fixture.gateway.connect() else { return false }
      lingering.offer(Array(request.utf8))
      guard let status = try? lingering.response(within: 5).status, (400..<500).contains(status) else {
        return false
      }
      let isFull = (try? fixture.gateway.connect())?.readSome(for: 0.5).latin1.contains(" 503 ") == true
      lingering.close()
      return isFull
    }
    #expect(isRefused)
    #expect(eventually { (try? fixture.gateway.exchange(SignedRequest("small").bytes).status) == 200 })
  }

  @Test(.enabled(if: Sanitizers.bearLackOfDescriptors))
  func `an upstream is not blamed for a lack of descriptors`() throws {
    let fixture = try GatewayFixture { _ in Self.closing }
    let inside = try seated(1, at: fixture)
    try GatewayProcess.prlimit(fixture.gateway.pid, soft: 4)
    try inside[0].send(SignedRequest().bytes)
    #expect(try inside[0].response().status == 502)
    let line = try fixture.gateway.waitForLog(containing: "reason=upstream-connect")
    #expect(line.contains("Too many open files") && line.contains("LimitNOFILE="), "\(line)")
    try GatewayProcess.prlimit(fixture.gateway.pid, soft: 1024)
    try inside[0].send(SignedRequest().bytes)
    #expect(try inside[0].response().status == 200)
  }

  /// 64 connections wait for later deliveries to one upstream, 64 are in use to the other. libcurl has a pair for each
  /// sixteen that it makes at once, and lets go of them in time.
  @Test func `connections to upstreams take no more descriptors than the start counts`() throws {
    let latch = Latch()
    let (first, second) = (try RecordingUpstream { _ in latch.held() }, try RecordingUpstream { _ in .hang })
    let config =
      GatewayConfig.text(
        upstreams: [first.url()], route: "upstream-idle-seconds-max: 600", limits: "in-flight-max: 64",
        workers: 1) + "\n" + GatewayConfig.route("/other", upstreams: [second.url()])
    let gateway = try GatewayProcess(config: config)
    let before = gateway.socketCount
    let clients = try (0..<64).map { _ in try gateway.connect() }
    for client in clients { try client.send(SignedRequest().bytes) }
    _ = try first.requests(atLeast: 64)
    #expect((64 + 64...64 + 64 + 2 * 4).contains(gateway.socketCount - before))
    latch.open()
    for client in clients { #expect(try client.response().status == 200) }
    for client in clients { try client.send(SignedRequest().with { $0.target = "/other" }.bytes) }
    _ = try second.requests(atLeast: 64)
    #expect((64 + 128...64 + 128 + 2 * 8).contains(gateway.socketCount - before))
  }

  /// 50 + 64 + 40 x 8 and what else is counted: more than 450, where 40 would be less.
  @Test func `a descriptor for each upstream that gets every delivery is counted as needed`() throws {
    let urls = try (0..<8).map { _ in "http://127.0.0.1:\(try FreePort.take())/" }
    let config = { (deliver: String) in
      GatewayConfig.text(
        upstreams: urls, route: "deliver: \(deliver)", limits: "connections-max: 50\nin-flight-max: 40")
    }
    let starter = ["prlimit", "--nofile=450:450"]
    let all = try GatewayProcess(config: config("all"), startedBy: starter)
    let line = try all.waitForLog(containing: "descriptors may be open at once")
    #expect(line.contains("only 450 descriptors may be open at once, the limits need"), "\(line)")
    let first = try GatewayProcess(config: config("first"), startedBy: starter)
    #expect(first.log.filter { $0.contains("descriptors may be open at once") } == [])
  }
}

extension GatewayProcess {
  /// What it has open it keeps, however low its new limit.
  fileprivate static func prlimit(_ pid: pid_t, soft: Int) throws {
    let child = try ChildProcess(
      ["prlimit", "--pid", "\(pid)", "--nofile=\(soft):"], environment: ["PATH": "/usr/bin:/bin"])
    guard child.waitForExit(within: 10) == 0 else { throw FixtureError("prlimit: \(child.lines)") }
  }
}
