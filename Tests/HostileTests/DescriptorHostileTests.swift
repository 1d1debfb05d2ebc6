import Foundation
import TestSupport
import Testing

/// A gateway that may open no more descriptors waits, says so, and goes on when it may.
@Suite(.ownThread) struct DescriptorHostileTests {
  @Test func `without descriptors it says so, does not spin, and serves once there are some`() throws {
    let runner = try RawRunner()
    try runner.serve()
    let gateway = runner.gateway
    let (soft, hard) = try Descriptors.limit(of: gateway.pid)
    let before = gateway.log.count
    try Descriptors.setLimit(of: gateway.pid, soft: 8, hard: hard)
    let waiting = try gateway.connect()
    try waiting.send(SignedRequest("waiting").bytes)
    HostileTable.row("H17", "no descriptor for a connection: the log", expected: "one line of level error") {
      let line = try gateway.waitForLog(containing: "Too many open files", from: before)
      return line.contains("level=error") || line.contains("<3>") ? "one line of level error" : line
    }
    HostileTable.row(
      "H17", "no descriptor for a connection: processor time", expected: "under a tenth of 3 s"
    ) {
      let start = Descriptors.processorSeconds(of: gateway.pid)
      usleep(3_000_000)
      let used = Descriptors.processorSeconds(of: gateway.pid) - start
      return used < 0.3 ? "under a tenth of 3 s" : "\(used) s"
    }
    let complaints = gateway.log.count { $0.contains("Too many open files") }
    #expect(complaints == 1)
    try Descriptors.setLimit(of: gateway.pid, soft: soft, hard: hard)
    HostileTable.row("H17", "descriptors again: who waited", expected: "200") {
      "\(try waiting.response(within: 20).status)"
    }
    try gateway.waitForLog(containing: "accepted again", from: before)
    _ = try runner.upstream.requests(atLeast: 2)
    try runner.serve()
  }
}

/// The kernel's view of another process.
enum Descriptors {
  static func limit(of pid: pid_t) throws -> (soft: UInt64, hard: UInt64) {
    let text = try String(contentsOfFile: "/proc/\(pid)/limits", encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix("Max open files") } ?? ""
    let numbers = line.split(separator: " ").compactMap { UInt64($0) }
    guard numbers.count == 2 else { throw HarnessError("no limit in \(text)") }
    return (numbers[0], numbers[1])
  }

  /// By util-linux: a running process keeps what it has open, however low its new limit.
  static func setLimit(of pid: pid_t, soft: UInt64, hard: UInt64) throws {
    let child = try ChildProcess(
      ["prlimit", "--pid", "\(pid)", "--nofile=\(soft):\(hard)"], environment: ["PATH": "/usr/bin:/bin"])
    guard child.waitForExit(within: 10) == 0 else { throw HarnessError("prlimit: \(child.lines)") }
  }

  static func processorSeconds(of pid: pid_t) -> Double {
    let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
