import Foundation
import TestSupport
import Testing

/// Wall clocks that no 64 bits of nanoseconds, and no calendar of four digits, can hold.
@Suite(.ownThread, .enabled(if: !Sanitizers.areOn)) struct ClockHostileTests {
  /// Seconds, and the same as libfaketime reads them.
  struct Clock: Sendable, CustomTestStringConvertible {
    let text: String
    let seconds: Int

    init(_ date: String, _ time: String, _ seconds: Int) {
      text = "@\(date) \(time)\n"
      self.seconds = seconds
    }

    var testDescription: String { text }
  }

  static let clocks = [
    Clock("1901-12-13", "20:45:52", -2_147_483_648), Clock("1969-12-31", "23:59:59", -1),
    Clock("2038-01-19", "03:14:08", 2_147_483_648), Clock("2106-02-07", "06:28:16", 4_294_967_296),
    Clock("2262-04-11", "23:47:16", 9_223_372_036), Clock("2262-04-12", "00:00:00", 9_223_372_800),
    Clock("2554-07-21", "23:34:34", 18_446_744_074), Clock("9999-12-31", "23:59:00", 253_402_300_740),
  ]

  private static func gateway(
    _ upstream: RecordingUpstream, _ directory: TemporaryDirectory, _ file: String
  ) throws -> GatewayProcess {
    try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()], top: "control: {dir}/control.sock"),
      environment: FakeTime.environment(file: file), directory: directory, startedBy: FakeTime.starter)
  }

  /// The clock stands still where it was set, so a delivery signed then is fresh.
  private static func status(_ gateway: GatewayProcess, signedAt seconds: Int) throws -> Int {
    try gateway.exchange(SignedRequest().with { $0.timestamp = "\(seconds)" }.bytes).status
  }

  @Test func `a clock that jumps to any year ends nothing, neither when it jumps nor at a reload`() throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write("clock", "+0\n")
    let upstream = try RecordingUpstream()
    let gateway = try Self.gateway(upstream, directory, file)
    for clock in Self.clocks {
      try directory.write("clock", clock.text)
      if clock.seconds >= 0 {
        #expect(try Self.status(gateway, signedAt: clock.seconds) == 200, "\(clock.text)")
      }
      #expect(try gateway.exchange(SignedRequest().bytes).status == 401, "\(clock.text)")
      let seen = gateway.log.count
      gateway.signal(SIGHUP)
      try gateway.waitForLog(containing: "msg=reloaded", from: seen)
      if clock.seconds >= 0 {
        #expect(try Self.status(gateway, signedAt: clock.seconds) == 200, "\(clock.text)")
      }
    }
    try directory.write("clock", "+0\n")
    #expect(try gateway.exchange(SignedRequest().bytes).status == 200)
    #expect(gateway.terminate() == 0)
  }

  @Test(arguments: clocks) func `it starts and every command works at any clock`(clock: Clock) throws {
    let directory = try TemporaryDirectory()
    let file = try directory.write("clock", clock.text)
    let upstream = try RecordingUpstream()
    let gateway = try Self.gateway(upstream, directory, file)
    if clock.seconds >= 0 {
      #expect(try Self.status(gateway, signedAt: clock.seconds) == 200, "\(clock.text)")
    }
    try directory.write("body", "{}")
    let signature = String(repeating: "0", count: 64)
    let lines = ["POST /hook HTTP/1.1", "Host: x", "mor-timestamp: 1", "mor-signature: \(signature)"]
    try directory.write("request", (lines + ["Content-Length: 0", "", ""]).joined(separator: "\r\n"))
    for (arguments, expected) in [
      (["check"], 0), (["status"], 0), (["status", "--json"], 0), (["secret", "list"], 0), (["reload"], 0),
      (["sign", "body"], 0), (["verify", "request"], 1), (["diagnose", "request"], 1),
    ] as [([String], Int32)] {
      let words = arguments.map { ["body", "request"].contains($0) ? "\(directory.path)/\($0)" : $0 }
      let child = try ChildProcess(
        FakeTime.starter + [GatewayBinary.path()] + words + ["--config", gateway.configPath],
        environment: FakeTime.environment(file: file))
      #expect(
        child.waitForExit(within: 30) == expected, "\(clock.text) \(arguments) \(child.lines.suffix(3))")
    }
    #expect(gateway.terminate() == 0, "\(clock.text)")
  }
}
