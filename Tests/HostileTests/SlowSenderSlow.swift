import Foundation
import TestSupport
import Testing

/// Senders that say little or nothing, for long, and many of them.
@Suite(.serialized, .ownThread) struct SlowSenderSlow {
  private static let limits = """
    head-seconds-max: 5
    body-seconds-max: 5
    idle-seconds-max: 8
    """

  /// Answers of a connection to which a byte is sent each second, and after how long it was closed.
  private func drip(
    _ runner: RawRunner, start: [UInt8], rest: [UInt8], connections: Int
  ) throws -> (statuses: Set<Int>, seconds: Double, slowestServed: Double) {
    let begun = Date()
    let clients = try (0..<connections).map { _ in try runner.gateway.connect() }
    for client in clients { try client.send(start) }
    var slowest = 0.0
    var received = [[UInt8]](repeating: [], count: connections)
    for byte in rest.prefix(25) {
      for (index, client) in clients.enumerated() where client.end == nil {
        client.offer([byte])
        received[index] += client.readSome(for: 0)
      }
      let asked = Date()
      try runner.serve()
      slowest = max(slowest, Date().timeIntervalSince(asked))
      if clients.allSatisfy({ $0.end != nil }) { break }
      Thread.sleep(forTimeInterval: 1)
    }
    guard clients.allSatisfy({ $0.end != nil }) else { throw FixtureError("some are still open") }
    let statuses = Set(received.map { Int($0.latin1.dropFirst(9).prefix(3)) ?? 0 })
    return (statuses, Date().timeIntervalSince(begun), slowest)
  }

  @Test func `a byte a second is cut off at the deadline, and others are served meanwhile`() throws {
    let runner = try RawRunner(limits: Self.limits)
    let request = SignedRequest(bytes: [UInt8](repeating: 7, count: 1_000))
    for (place, start, rest) in [
      ("head", Array("POST /hook HTTP/1.1\r\nX: ".utf8), [UInt8](repeating: 121, count: 60)),
      ("body", request.head, request.body),
      (
        "chunk line", request.with { $0.chunks = [10] }.head + Array("a;".utf8),
        [UInt8](repeating: 121, count: 60)
      ),
    ] {
      HostileTable.row(
        .slowSender, "50 connections, a byte a second in the \(place)",
        expected: "408 within 10 s, others < 1 s"
      ) {
        let (statuses, seconds, slowest) = try drip(runner, start: start, rest: rest, connections: 50)
        guard statuses == [408], seconds < 10, slowest < 1 else {
          return "\(statuses) after \(Int(seconds)) s, others \(slowest) s"
        }
        return "408 within 10 s, others < 1 s"
      }
    }
  }

  @Test func `an idle connection is closed without a word`() throws {
    let runner = try RawRunner(limits: Self.limits)
    for (name, bytes) in [("silent", []), ("after an empty line", Array("\r\n".utf8))] {
      HostileTable.row(.slowSender, "a connection \(name)", expected: "closed within 13 s, without a word") {
        let begun = Date()
        let client = try runner.gateway.connect()
        if !bytes.isEmpty { try client.send(bytes) }
        let said = try client.readToEnd(within: 20)
        let isInTime = Date().timeIntervalSince(begun) < 13
        return said.isEmpty && isInTime ? "closed within 13 s, without a word" : "\(said.latin1)"
      }
    }
    try runner.serve()
  }

  /// Milliseconds that a genuine delivery takes.
  private func milliseconds(_ runner: RawRunner) throws -> Int {
    let asked = Date()
    try runner.serve()
    return Int(Date().timeIntervalSince(asked) * 1000)
  }

  @Test func `floods of connections cost nobody else, and nothing stays behind`() throws {
    let large = UpstreamReply([
      .send(Array("HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n".utf8)), .sendZeros(20_000_000),
    ])
    let upstream = try RecordingUpstream { $0.body == Array("large".utf8) ? large : .ok }
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(
        upstreams: [upstream.url()], limits: "reply-seconds-max: 3\nidle-seconds-max: 5"))
    func served() throws -> Int {
      let asked = Date()
      guard try gateway.exchange(SignedRequest("probe").bytes).status == 200 else {
        throw FixtureError("refused")
      }
      return Int(Date().timeIntervalSince(asked) * 1000)
    }
    _ = try served()
    let descriptors = gateway.descriptorCount
    let resident = gateway.residentBytes
    var held = try (0..<300).map { _ in try gateway.connect() }
    HostileTable.row(.crowd, "300 idle connections", expected: "served < 1 s") {
      try served() < 1000 ? "served < 1 s" : "slower"
    }
    for _ in 0..<500 { try gateway.connect().close() }
    HostileTable.row(.crowd, "500 connections opened and closed", expected: "served < 1 s") {
      try served() < 1000 ? "served < 1 s" : "slower"
    }
    let deaf = try (0..<40).map { _ in try RawClient(port: gateway.port, receiveBufferBytes: 4_096) }
    for client in deaf { try client.send(SignedRequest("large").bytes) }
    HostileTable.row(.crowd, "40 that never read", expected: "served < 1 s") {
      try served() < 1000 ? "served < 1 s" : "slower"
    }
    HostileTable.row(.crowd, "40 that never read: memory", expected: "64 MiB more at most") {
      let grown = (gateway.residentBytes - resident) / 1_048_576
      return grown <= 64 ? "64 MiB more at most" : "\(grown) MiB more"
    }
    HostileTable.row(.crowd, "40 that never read: reason", expected: "reply-timeout") {
      try gateway.waitForLog(containing: "reason=reply-timeout", within: 30).isEmpty ? "" : "reply-timeout"
    }
    held = []
    HostileTable.row(.crowd, "afterwards: descriptors", expected: "16 more at most") {
      eventually(within: 40) { gateway.descriptorCount <= descriptors + 16 }
        ? "16 more at most" : "\(gateway.descriptorCount - descriptors) more"
    }
    #expect(deaf.count == 40 && held.isEmpty)
  }

  @Test func `Debian's slowhttptest does not make it unavailable`() throws {
    for (mode, arguments) in [
      ("slow headers", ["-H", "-i", "2"]), ("slow bodies", ["-B", "-i", "2", "-s", "8192"]),
      ("slow reading", ["-X", "-w", "10", "-y", "20", "-n", "2", "-z", "32", "-k", "3"]),
    ] {
      let runner = try RawRunner(limits: Self.limits)
      HostileTable.row(.slowSender, "slowhttptest, \(mode)", expected: "service available: YES") {
        let child = try ChildProcess(
          [
            "slowhttptest", "-c", "200", "-r", "100", "-t", "POST", "-l", "15", "-p", "3", "-u",
            "http://127.0.0.1:\(runner.gateway.port)/hook",
          ]
            + arguments, environment: ["PATH": "/usr/bin:/bin", "TERM": "dumb"])
        guard child.waitForExit(within: 60) != nil else { return "it did not end" }
        let lines = child.lines.map { $0.filter(\.isASCII) }.filter { $0.contains("service available") }
        guard let last = lines.last else { return "no report" }
        return last.contains("YES") ? "service available: YES" : last
      }
      try runner.serve()
    }
  }
}
