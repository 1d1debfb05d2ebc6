import Foundation
import TestSupport
import Testing

/// A manager that keeps the socket, as systemd's socket unit does, loses nothing over a restart.
struct RestartTests {
  /// Starts the gateway again whenever it has ended well; says how often, and what each one ended with.
  private static let manager = """
    import os, socket, sys
    door = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=512)
    for turn in range(4):
        pid = os.fork()
        if pid == 0:
            os.dup2(door.fileno(), 3)
            os.set_inheritable(3, True)
            os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="hook")
            os.execv(sys.argv[2], sys.argv[2:])
        print("started", pid, flush=True)
        print("ended", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
    """

  @Test(.timeLimit(.minutes(10)))
  func `restarts under load behind a socket that stays open fail no delivery`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let port = try FreePort.take()
      let config = GatewayConfig.text(upstreams: [upstream.url()], top: "log: {deliveries: refused}")
        .replacingOccurrences(of: "listen: 127.0.0.1:{port}", with: "listen: systemd:hook")
      let started = try StartedGateway(
        config, wrapper: ["python3", "-c", Self.manager, "{port}"], port: port)
      _ = try started.waitUntilReady()
      let load = Load(port: port, senders: 4) { _, _ in GatewayProcess.secret }
      for turn in 1...3 {
        let (count, lines) = (load.count, started.child.lines.count)
        #expect(eventually { load.count > count + 50 })
        kill(try pid(of: started, turn: turn), SIGTERM)
        _ = try started.child.waitForLine(containing: "msg=ready", from: lines, within: 30)
      }
      let count = load.count
      #expect(eventually { load.count > count + 50 })
      let tally = load.stop()
      #expect(tally.failures == [])
      #expect(started.child.lines.filter { $0 == "ended 0" }.count == 3)
      kill(try pid(of: started, turn: 4), SIGTERM)
      #expect(started.child.waitForExit(within: 30) == 0)
      let delivered = Set(upstream.requests.map { String(decoding: $0.body, as: UTF8.self) })
      #expect(tally.accepted.allSatisfy(delivered.contains))
    }
  }

  private func pid(of started: StartedGateway, turn: Int) throws -> pid_t {
    let lines = started.child.lines.filter { $0.hasPrefix("started ") }
    guard lines.count == turn, let pid = pid_t(lines[turn - 1].dropFirst(8)) else {
      throw FixtureError("\(lines)")
    }
    return pid
  }
}
