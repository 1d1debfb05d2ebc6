import Foundation
import TestSupport
import Testing

/// Rules 4 and 5: what one upstream or one reader does costs its own deliveries, and nobody else's.
@Suite(.ownThread) struct IsolationHostileTests {
  /// A connection is read, and then dies in one of these ways.
  @Test(arguments: ["close", "reset"], [0, 100, 100_000])
  func `a dead pooled connection never makes libcurl send again`(end: String, count: Int) throws {
    let fixture = try FaultFixture(route: "methods: [POST, GET, PUT]", workers: 1) { name, request in
      guard name != "first" else { return .ok }
      return request.turn == 0 ? .ok : (end == "close" ? .close : .reset)
    }
    for method in ["POST", "GET", "PUT"] {
      HostileTable.row(
        .upstreamFault, "\(end) of a pooled connection, \(method) of \(count)", expected: "502, sent once"
      ) {
        try FaultFixture.hold(
          try fixture.gateway.exchange(fixture.request("first").bytes).status == 200, "no start")
        let name = "\(method)-\(count)"
        let request = fixture.request(name, [UInt8](repeating: 7, count: count)).with { $0.method = method }
        let status = try fixture.gateway.exchange(request.bytes).status
        // Were it sent again, it would have been by now.
        usleep(100_000)
        return
          "\(status), sent \(fixture.seen(name).count == 1 ? "once" : "\(fixture.seen(name).count) times")"
      }
    }
  }

  @Test func `a pooled connection that the upstream closed while nobody used it costs nothing`() throws {
    for (name, last) in [("closed", UpstreamReply.Step.close), ("reset", .reset)] {
      let fixture = try FaultFixture(workers: 1) { _, _ in
        UpstreamReply.ok.then(.pause(milliseconds: 20), last)
      }
      HostileTable.row(
        .upstreamFault, "pooled connection \(name) while idle", expected: "200, 200, 200; each sent once"
      ) {
        let before = fixture.gateway.socketCount
        let statuses = try (0..<3).map { turn in
          // It has been closed, and the gateway has seen it.
          eventually { fixture.upstream.openConnections == 0 && fixture.gateway.socketCount <= before }
          return String(try fixture.gateway.exchange(fixture.request("turn-\(turn)").bytes).status)
        }
        let isOnce =
          fixture.upstream.requests.count == 3 ? "once" : "\(fixture.upstream.requests.count) in all"
        return statuses.joined(separator: ", ") + "; each sent " + isOnce
      }
    }
  }

  @Test func `a pooled connection is let go when its time is over, with no delivery to notice`() throws {
    let fixture = try FaultFixture(route: "upstream-idle-seconds-max: 1") { _, _ in
      UpstreamReply.ok.after(milliseconds: 200)
    }
    let start = fixture.gateway.descriptorCount
    let clients = try (0..<24).map { _ in try fixture.gateway.connect() }
    for client in clients { try client.send(fixture.request("pooled").bytes) }
    for client in clients { #expect(try client.response().status == 200) }
    for client in clients { client.close() }
    HostileTable.row(
      .surplusAnswer, "24 pooled connections a while later", expected: "0 open, descriptors as at the start"
    ) {
      // Ten times what they have; the upstream itself ends what says nothing for a minute.
      let isOver = eventually(within: 10) { fixture.upstream.openConnections == 0 }
      try FaultFixture.hold(isOver, "\(fixture.upstream.openConnections) open")
      let isBack = eventually(within: 20) { fixture.gateway.descriptorCount <= start + 2 }
      return isBack
        ? "0 open, descriptors as at the start"
        : "\(fixture.gateway.descriptorCount - start) descriptors more"
    }
    try fixture.serveFair()
    #expect(try fixture.gateway.exchange(fixture.request("again").bytes).status == 200)
  }

  @Test func `deliveries that hang at one upstream do not hold up another's`() throws {
    let fixture = try FaultFixture(route: "first-byte-seconds-max: 300\ntotal-seconds-max: 600") { _, _ in
      .hang
    }
    let waiting = try (0..<40).map { number in
      let client = try fixture.gateway.connect()
      try client.send(fixture.request("stalled-\(number)").bytes)
      return client
    }
    _ = try fixture.upstream.requests(atLeast: 40)
    HostileTable.row(.isolation, "20 deliveries beside 40 that stall", expected: "each 200, the 40 wait on") {
      for _ in 0..<20 { try fixture.serveFair() }
      return waiting.allSatisfy { $0.end == nil } ? "each 200, the 40 wait on" : "some of the 40 have ended"
    }
  }

  /// Many of every fault at once, and a decent neighbour.
  @Test func `a hundred faults at once cost their own deliveries alone`() throws {
    let faults = UnsoundAnswers.all
    let table = Dictionary(uniqueKeysWithValues: faults)
    let fixture = try FaultFixture { name, _ in table[String(name.drop { $0.isNumber }.dropFirst())] ?? .ok }
    HostileTable.row(
      .isolation, "\(2 * faults.count) faults at once beside 40 deliveries", expected: "all 502, all 200"
    ) {
      let clients = try (0..<2 * faults.count).map { number in
        let client = try fixture.gateway.connect()
        try client.send(fixture.request("\(number)-\(faults[number % faults.count].0)").bytes)
        return client
      }
      for _ in 0..<40 { try fixture.serveFair() }
      for client in clients {
        let status = try client.response(within: 20).status
        try FaultFixture.hold(status == 502, "\(status)")
      }
      try FaultFixture.hold(
        fixture.upstream.requests.count == clients.count, "\(fixture.upstream.requests.count) sent")
      return "all 502, all 200"
    }
  }

  /// A lie that no reader can see costs the upstream that tells it and no other: connections belong to one.
  @Test func `an answer too many goes to nobody but its own upstream's deliveries`() throws {
    let forged = Array("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged".utf8)
    let fixture = try FaultFixture(workers: 1) { _, _ in
      UpstreamReply.ok.then(.pause(milliseconds: 3), .send(forged))
    }
    HostileTable.row(
      .surplusAnswer, "60 answers too many beside another upstream", expected: "nothing of it elsewhere"
    ) {
      for number in 0..<60 {
        _ = try fixture.gateway.exchange(fixture.request("liar-\(number)").bytes)
        try fixture.serveFair()
      }
      return "nothing of it elsewhere"
    }
  }
}
