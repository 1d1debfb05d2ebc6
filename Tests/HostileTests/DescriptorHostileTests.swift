import Foundation
import TestSupport
import Testing

/// A gateway that may open no more descriptors waits, says so, and goes on when it may.
@Suite(.ownThread, .enabled(if: Sanitizers.bearLackOfDescriptors)) struct DescriptorHostileTests {
  @Test func `without descriptors it says so, does not spin, and serves once there are some`() throws {
    let (runner, waiting, before) = try Descriptors.lacking()
    let gateway = runner.gateway
    HostileTable.row(.crowd, "no descriptor for a connection: the log", expected: "one line of level error") {
      let line = try gateway.waitForLog(containing: "Too many open files", from: before)
      return line.contains("level=error") || line.contains("<3>") ? "one line of level error" : line
    }
    let complaints = gateway.log.count { $0.contains("Too many open files") }
    #expect(complaints == 1)
    try Descriptors.setLimit(of: gateway.pid, soft: 1024)
    HostileTable.row(.crowd, "descriptors again: who waited", expected: "200") {
      "\(try waiting.response(within: 20).status)"
    }
    try gateway.waitForLog(containing: "accepted again", from: before)
    _ = try runner.upstream.requests(atLeast: 2)
    try runner.serve()
  }

  /// Each that ends makes room for one of those who wait.
  @Test func `with too few descriptors it says so once, not each time that one is free`() throws {
    let runner = try RawRunner()
    try runner.serve()
    let gateway = runner.gateway
    let inside = try (0..<2).map { _ in try gateway.connect() }
    for client in inside {
      try client.send("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(try client.response().status == 404)
    }
    let before = gateway.log.count
    try Descriptors.setLimit(of: gateway.pid, soft: Descriptors.highest(of: gateway.pid) + 1)
    let waiting = try (0..<16).map { _ in try gateway.connect() }
    HostileTable.row(
      .crowd, "a descriptor is free now and then: the log", expected: "told once, not that it is over"
    ) {
      try gateway.waitForLog(containing: "no connection can be accepted", from: before)
      for client in inside {
        client.close()
        usleep(1_200_000)
      }
      let lines = gateway.log.dropFirst(before)
      let told = lines.count { $0.contains("no connection can be accepted") }
      let over = lines.count { $0.contains("accepted again") }
      return over == 0 && told == 1
        ? "told once, not that it is over" : "told \(told) times, over \(over) times"
    }
    try Descriptors.setLimit(of: gateway.pid, soft: 1024)
    HostileTable.row(.crowd, "descriptors again: the log", expected: "it is over, told once") {
      try gateway.waitForLog(containing: "accepted again", from: before, within: 30)
      for client in waiting { client.close() }
      let over = gateway.log.dropFirst(before).count { $0.contains("accepted again") }
      return "it is over, told \(over == 1 ? "once" : "\(over) times")"
    }
    try runner.serve()
  }
}

/// The kernel's view of another process.
enum Descriptors {
  /// A gateway that may open no more, the connection that waits for it with a delivery, and how much log there was
  /// before.
  static func lacking() throws -> (runner: RawRunner, waiting: RawClient, logCount: Int) {
    let runner = try RawRunner()
    try runner.serve()
    let count = runner.gateway.log.count
    try setLimit(of: runner.gateway.pid, soft: 8)
    let waiting = try runner.gateway.connect()
    try waiting.send(SignedRequest("waiting").bytes)
    return (runner, waiting, count)
  }

  /// By util-linux: a running process keeps what it has open, however low its new limit.
  static func setLimit(of pid: pid_t, soft: UInt64) throws {
    let child = try ChildProcess(
      ["prlimit", "--pid", "\(pid)", "--nofile=\(soft):"], environment: ["PATH": "/usr/bin:/bin"])
    guard child.waitForExit(within: 10) == 0 else { throw FixtureError("prlimit: \(child.lines)") }
  }

  static func highest(of pid: pid_t) throws -> UInt64 {
    let names = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")
    return names.compactMap { UInt64($0) }.max() ?? 0
  }

  static func processorSeconds(of pid: pid_t) -> Double {
    let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
