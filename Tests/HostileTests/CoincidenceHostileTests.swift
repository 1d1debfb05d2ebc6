import Foundation
import TestSupport
import Testing

/// A signal or a rotation in the middle of each fault.
@Suite(.ownThread) struct CoincidenceHostileTests {
  enum Event: String, CaseIterable, Sendable { case hangup = "SIGHUP", rotation, terminate = "SIGTERM" }

  enum Fault: String, CaseIterable, Sendable {
    case stalls = "upstream stalls"
    case resets = "upstream resets in its answer"
    case drips = "upstream drips"
    case garbage = "upstream speaks garbage"
    case slowSender = "sender is slow"
    case goneSender = "sender is gone"
    case deafSender = "sender reads nothing"
    case forgeries = "forgeries"

    var reply: UpstreamReply {
      let half = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"
      return switch self {
      case .stalls: .ok.after(milliseconds: 1_500)
      case .resets: UpstreamReply.raw(half).then(.pause(milliseconds: 500), .reset)
      case .drips: .drip(half + "67890", pieces: 8, pauseMilliseconds: 100)
      case .garbage: UpstreamReply.raw("what?\r\n\r\n").after(milliseconds: 500)
      case .deafSender:
        UpstreamReply([
          .send(Array("HTTP/1.1 200 OK\r\nContent-Length: 4194304\r\n\r\n".utf8)), .sendZeros(4_194_304),
        ])
      case .slowSender, .goneSender, .forgeries: .ok.after(milliseconds: 300)
      }
    }

    /// What the sender of the delivery in question gets; nil where it does not listen.
    var status: Int? {
      switch self {
      case .stalls, .drips, .slowSender: 200
      case .resets, .garbage: 502
      case .forgeries: 401
      case .goneSender, .deafSender: nil
      }
    }
  }

  @Test(arguments: Event.allCases, Fault.allCases)
  func `each fault has its own outcome, whatever comes in the middle of it`(
    event: Event, fault: Fault
  ) throws {
    let expected = event == .terminate ? "as without, exit 0" : "as without, serving"
    HostileTable.row(.untimelySignal, "\(event.rawValue) while \(fault.rawValue)", expected: expected) {
      let fixture = try FaultFixture(limits: "drain-seconds-max: 60\nreply-seconds-max: 3") { name, _ in
        name == "fault" ? fault.reply : .ok
      }
      let client = try begin(fault, fixture)
      usleep(150_000)
      try fire(event, fixture.gateway)
      try end(fault, client)
      let forged = fixture.upstream.requests.filter { $0.body == Array("forged".utf8) }.count
      try FaultFixture.hold(forged == 0, "\(forged) forgeries arrived")
      try FaultFixture.hold(
        fault == .forgeries || fixture.seen("fault").count == 1, "sent \(fixture.seen("fault").count) times"
      )
      guard event == .terminate else { return try stillServing(fixture, event) }
      return "as without, exit \(fixture.gateway.waitForExit(within: 30) ?? -1)"
    }
  }

  private func begin(_ fault: Fault, _ fixture: FaultFixture) throws -> RawClient {
    let client = try RawClient(
      port: fixture.gateway.port, receiveBufferBytes: fault == .deafSender ? 4_096 : nil)
    let request = fixture.request("fault")
    switch fault {
    case .slowSender: try client.send(request.head + request.body.prefix(2))
    case .forgeries:
      for _ in 0..<20 {
        try client.send(fixture.request("fault", Array("forged".utf8)).with { $0.secret = "no" }.bytes)
      }
    default: try client.send(request.bytes)
    }
    if fault != .slowSender, fault != .forgeries { _ = eventually { fixture.seen("fault").count == 1 } }
    if fault == .goneSender { client.reset() }
    return client
  }

  private func fire(_ event: Event, _ gateway: GatewayProcess) throws {
    switch event {
    case .hangup: try gateway.reload()
    case .rotation:
      try gateway.replaceSecrets(["new", GatewayProcess.secret])
      try gateway.reload()
    case .terminate:
      gateway.signal(SIGTERM)
      try gateway.waitForLog(containing: "stopping")
    }
  }

  private func end(_ fault: Fault, _ client: RawClient) throws {
    if fault == .slowSender { try client.send(Array(Array("fault".utf8).dropFirst(2))) }
    guard let wanted = fault.status else { return }
    let status = try client.response(within: 20).status
    try FaultFixture.hold(status == wanted, "its answer is \(status)")
  }

  private func stillServing(_ fixture: FaultFixture, _ event: Event) throws -> String {
    try fixture.serveFair()
    if event == .rotation {
      let status = try fixture.gateway.status(signedWith: "new", target: "/fair")
      try FaultFixture.hold(status == 200, "the new secret gets \(status)")
    }
    return "as without, serving"
  }

  @Test func `senders who wait in the queue at SIGTERM are served as the last ones`() throws {
    for door in ["127.0.0.1:{port}", "unix:{dir}/door"] {
      let upstream = try RecordingUpstream()
      let config = GatewayConfig.text(upstreams: [upstream.url()])
        .replacingOccurrences(of: "listen: 127.0.0.1:{port}", with: "listen: \"\(door)\"")
      let gateway = try GatewayProcess(config: config)
      HostileTable.row(
        .termination, "60 in the queue of \(door.prefix(4)) at SIGTERM", expected: "60 answered 200, exit 0"
      ) {
        // It does not accept while it is stopped; the kernel lets senders in all the same.
        gateway.signal(SIGSTOP)
        let clients = try (0..<60).map { number in
          let client =
            try door.hasPrefix("unix")
            ? RawClient(unixPath: gateway.directory.path + "/door") : gateway.connect()
          try client.send(SignedRequest("queued \(number)").bytes)
          return client
        }
        gateway.signal(SIGTERM)
        gateway.signal(SIGCONT)
        let good = clients.filter { (try? $0.response(within: 20).status) == 200 }.count
        return "\(good) answered 200, exit \(gateway.waitForExit(within: 30) ?? -1)"
      }
      #expect(Set(upstream.requests.map(\.body)).count == upstream.requests.count)
    }
  }

  /// One is held up between finding the dead file and removing it, the other starts in between.
  @Test(.enabled(if: Machine.isRoot && Machine.has("strace")))
  func `of two instances that find the same dead socket one serves and the other says so`() throws {
    let upstream = try RecordingUpstream()
    let directory = try TemporaryDirectory()
    let config = GatewayConfig.text(upstreams: [upstream.url()])
      .replacingOccurrences(of: "listen: 127.0.0.1:{port}", with: "listen: unix:{dir}/door")
      .replacingOccurrences(of: "{dir}", with: directory.path)
    let path = try directory.write("vesigate.yaml", config, mode: 0o644)
    try directory.write("secret", GatewayProcess.secret + "\n")
    try Sockets.leaveDead(atPath: directory.path + "/door")
    let command = [try GatewayBinary.path(), "run", "--config", path]
    let trace = directory.path + "/trace"
    let tracing = [
      "strace", "-f", "-q", "-o", trace, "-e", "trace=unlink,unlinkat", "-e",
      "inject=unlink,unlinkat:delay_enter=2000000",
    ]
    HostileTable.row(.restart, "two starts on one dead socket", expected: "1 serves, 1 exits 69, 200") {
      let held = try ChildProcess(tracing + command, environment: ["PATH": "/usr/bin:/bin"])
      // The traced one would outlive its tracer.
      defer { Self.endTraced(trace, config: path) }
      eventually(within: 20) {
        held.status != nil || ((try? String(contentsOfFile: trace, encoding: .utf8)) ?? "").contains("unlink")
      }
      let other = try ChildProcess(command, environment: ["PATH": "/usr/bin:/bin"])
      let both = [held, other]
      let isSettled = eventually(within: 30) {
        both.allSatisfy { child in child.status != nil || child.lines.contains { $0.contains("msg=ready") } }
      }
      try FaultFixture.hold(isSettled, "not settled: \(both.map(\.lines))")
      let client = try RawClient(unixPath: directory.path + "/door")
      try client.send(SignedRequest().bytes)
      let status = try client.response().status
      let serving = both.filter { $0.status == nil }.count
      return "\(serving) serves, \(both.filter { $0.status == 69 }.count) exits 69, \(status)"
    }
  }

  /// By the id that each line of the trace begins with, where that is still a process of this configuration.
  private static func endTraced(_ trace: String, config: String) {
    let text = (try? String(contentsOfFile: trace, encoding: .utf8)) ?? ""
    guard let pid = text.split(separator: " ").first.flatMap({ pid_t($0) }),
      let told = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline"), Array(told).contains(config)
    else { return }
    kill(pid, SIGKILL)
  }
}
