import Foundation
import TestSupport
import Testing

/// Signals, rotations and restarts under load.
@Suite(.ownThread, .serialized) struct ReloadSlow {
  private func gateway(_ upstream: RecordingUpstream) throws -> GatewayProcess {
    try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()], top: "log: {deliveries: refused}"))
  }

  private func unharmed(_ tally: Senders.Tally, _ upstream: RecordingUpstream) throws {
    try FaultFixture.hold(tally.refusals.isEmpty, "refused: \(tally.refusals)")
    try FaultFixture.hold(tally.broken.isEmpty, "broken: \(tally.broken.prefix(3))")
    let discrepancy = tally.discrepancy(with: upstream)
    try FaultFixture.hold(discrepancy.isEmpty, discrepancy)
  }

  @Test func `a thousand SIGHUPs in ten seconds under load cost nothing, and the last file wins`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try gateway(upstream)
    let load = Senders(port: gateway.port)
    HostileTable.row(
      .signalFlood, "1,000 SIGHUPs under load",
      expected: "0 failed, memory and descriptors flat, last file wins"
    ) {
      try FaultFixture.hold(eventually { load.count > 500 }, "no load")
      for _ in 0..<20 { try gateway.reload() }
      let before = (gateway.residentBytes, gateway.descriptorCount)
      for turn in 1...1_000 {
        if turn % 100 == 0 { try gateway.replaceSecrets([GatewayProcess.secret, "turn \(turn)"]) }
        gateway.signal(SIGHUP)
        usleep(10_000)
      }
      try unharmed(load.stop(), upstream)
      try FaultFixture.hold(
        eventually { (try? gateway.status(signedWith: "turn 900")) == 401 }, "an earlier file is in force")
      try FaultFixture.hold(
        try gateway.status(signedWith: "turn 1000") == 200, "the last file is not in force")
      let grown = gateway.residentBytes - before.0
      try FaultFixture.hold(grown < 32 << 20, "\(grown >> 20) MiB more")
      try FaultFixture.hold(
        abs(gateway.descriptorCount - before.1) <= 16, "\(gateway.descriptorCount) descriptors")
      return "0 failed, memory and descriptors flat, last file wins"
    }
    #expect(gateway.terminate() == 0)
  }

  @Test func `fifty rotations under a load of ten thousand deliveries lose none`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try gateway(upstream)
    let key = SharedKey(GatewayProcess.secret)
    let load = Senders(port: gateway.port) { key.current }
    HostileTable.row(.rotation, "50 rotations, both keys in grace", expected: "10,000 and more, 0 failed") {
      for turn in 1...50 {
        let next = "key \(turn)"
        try gateway.replaceSecrets([next, key.current])
        try gateway.reload()
        key.current = next
        let count = load.count
        try FaultFixture.hold(eventually(within: 60) { load.count >= count + 200 }, "the load stands still")
      }
      let tally = load.stop()
      try unharmed(tally, upstream)
      return tally.accepted.count >= 10_000
        ? "10,000 and more, 0 failed" : "\(tally.accepted.count), 0 failed"
    }
    #expect(gateway.terminate() == 0)
  }

  @Test func `rotations where the provider drops the old key at once lose nothing`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try gateway(upstream)
    let key = SharedKey(GatewayProcess.secret)
    let load = Senders(port: gateway.port, retries: 60) { key.current }
    HostileTable.row(
      .instantRotation, "keys switched 0 to 3 s before the SIGHUP",
      expected: "0 lost, 0 unverified, 0 but 401"
    ) {
      for turn in 1...6 {
        let (old, next) = (key.current, "key \(turn)")
        key.current = next
        usleep(UInt32(turn % 4) * 1_000_000)
        try gateway.replaceSecrets([next, old])
        try gateway.reload()
        let count = load.count
        try FaultFixture.hold(eventually(within: 30) { load.count > count + 100 }, "the load stands still")
      }
      let tally = load.stop()
      let discrepancy = tally.discrepancy(with: upstream)
      try FaultFixture.hold(discrepancy.isEmpty, discrepancy)
      let strange = tally.refusals.filter { $0.key != "401" }
      let unverified = upstream.requests.filter { $0.head.values("x-verified") != ["true"] }.count
      print(
        "instant rotation: \(tally.accepted.count) accepted, \(tally.refusals["401"] ?? 0) first tries refused"
      )
      return
        "\(tally.lost.count) lost, \(unverified) unverified, \(strange.count + tally.broken.count) but 401"
    }
    #expect(gateway.terminate() == 0)
  }

  @Test func `ten terminations under load answer nothing that was not delivered`() throws {
    for turn in 1...10 {
      let upstream = try RecordingUpstream { _ in .ok.after(milliseconds: 3) }
      let gateway = try gateway(upstream)
      let load = Senders(port: gateway.port, count: 8)
      HostileTable.row(
        .termination, "SIGTERM under load, \(turn)", expected: "exit 0, 0 answered and undelivered, 0 refused"
      ) {
        try FaultFixture.hold(eventually { load.count > 200 }, "no load")
        gateway.signal(SIGTERM)
        let status = gateway.waitForExit(within: 30) ?? -1
        let tally = load.stop()
        let discrepancy = tally.discrepancy(with: upstream)
        try FaultFixture.hold(discrepancy.isEmpty, discrepancy)
        return "exit \(status), 0 answered and undelivered, \(tally.refusals.count) refused"
      }
    }
  }

  /// Keeps the socket that it was given, as systemd does, and starts the gateway again whenever it has ended.
  private static let manager = """
    import os, signal, sys
    for turn in range(int(sys.argv[1])):
        pid = os.fork()
        if pid == 0:
            os.environ["LISTEN_PID"] = str(os.getpid())
            os.execv(sys.argv[2], sys.argv[2:])
        print("started", pid, flush=True)
        print("ended", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
    """

  @Test(.enabled(if: Machine.has("systemd-socket-activate")))
  func `restarts under load behind a socket that the manager keeps refuse nobody`() throws {
    let upstream = try RecordingUpstream()
    let directory = try TemporaryDirectory()
    let port = try FreePort.take()
    let config = GatewayConfig.text(upstreams: [upstream.url()], top: "log: {deliveries: refused}")
      .replacingOccurrences(of: "listen: 127.0.0.1:{port}", with: "listen: systemd")
      .replacingOccurrences(of: "{dir}", with: directory.path)
    let path = try directory.write("vesigate.yaml", config, mode: 0o644)
    try directory.write("secret", GatewayProcess.secret + "\n")
    let child = try ChildProcess(
      [
        "systemd-socket-activate", "-l", "127.0.0.1:\(port)", "python3", "-c", Self.manager, "6",
        GatewayBinary.path(), "run", "--config", path,
      ], environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
    eventually { (try? RawClient(port: port)) != nil }
    HostileTable.row(
      .restart, "5 restarts behind systemd-socket-activate", expected: "0 refused, 0 broken, 0 lost"
    ) {
      _ = try child.waitForLine(containing: "msg=ready", within: 30)
      let load = Senders(port: port)
      for turn in 1...5 {
        let (count, lines) = (load.count, child.lines.count)
        try FaultFixture.hold(eventually(within: 30) { load.count > count + 100 }, "the load stands still")
        kill(try instance(turn, of: child), SIGTERM)
        _ = try child.waitForLine(containing: "msg=ready", from: lines, within: 30)
      }
      let tally = load.stop()
      let discrepancy = tally.discrepancy(with: upstream)
      try FaultFixture.hold(discrepancy.isEmpty && tally.refusals.isEmpty, discrepancy + "\(tally.refusals)")
      return "\(tally.refused) refused, \(tally.broken.count) broken, \(tally.lost.count) lost"
    }
    kill(try instance(6, of: child), SIGTERM)
    #expect(child.waitForExit(within: 30) == 0)
    #expect(child.lines.filter { $0 == "ended 0" }.count == 6)
  }

  private func instance(_ turn: Int, of child: ChildProcess) throws -> pid_t {
    let lines = child.lines.filter { $0.hasPrefix("started ") }
    guard lines.count == turn, let pid = pid_t(lines[turn - 1].dropFirst(8)) else {
      throw FixtureError("\(lines)")
    }
    return pid
  }
}
