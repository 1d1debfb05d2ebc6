import Foundation
import TestSupport
import Testing

/// What keeps the gateway from starting, and what it says then.
struct StartTests {
  @Test(.timeLimit(.minutes(10)), .enabled(if: Machine.has("taskset")))
  func `by default there is one event loop for each processor that it may use`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let text = GatewayConfig.text(upstreams: [upstream.url()]).replacing("workers: 2\n", with: "")
      // Whichever this machine lets the test itself use first.
      let allowed = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        .firstMatch(of: /Cpus_allowed_list:\s*(\d+)/)
      let started = try StartedGateway(text, wrapper: ["taskset", "-c", String(#require(allowed).1)])
      _ = try started.waitUntilReady()
      let tasks = "/proc/\(started.child.pid)/task"
      let names = try FileManager.default.contentsOfDirectory(atPath: tasks).compactMap {
        try? String(contentsOfFile: "\(tasks)/\($0)/comm", encoding: .utf8)
      }
      #expect(names.count { $0.hasPrefix("deliveries-") } == 1, "\(names)")
      #expect(started.child.terminate() == 0)
    }
  }

  private static let config = GatewayConfig.text(upstreams: ["http://127.0.0.1:9/"])

  /// Runs it to its end.
  private func failure(_ config: String, _ prepare: (TemporaryDirectory) throws -> Void = { _ in }) throws
    -> (status: Int32?, lines: [String], started: StartedGateway)
  {
    // `StartedGateway` itself writes a good secret file, so what is wrong goes under another name.
    let directory = try TemporaryDirectory()
    try prepare(directory)
    let started = try StartedGateway(config, directory: directory)
    return (started.child.waitForExit(within: 30), started.child.lines, started)
  }

  @Test(.timeLimit(.minutes(10)))
  func `a secret file that every user may read ends it with 77`() async throws {
    try await onThread {
      let config = Self.config.replacingOccurrences(of: "{dir}/secret", with: "{dir}/wide")
      let (status, lines, started) = try failure(config) { try $0.write("wide", "s3cret\n", mode: 0o644) }
      #expect(status == 77)
      let path = started.directory.path
      #expect(
        lines == [
          "\(path)/vesigate.yaml:7:18 routes[0].secret-file: "
            + "\(path)/wide is open to every user (mode 0644): chmod 0640 it",
          "vesigate: 1 problem, nothing was done",
        ])
    }
  }

  @Test(.timeLimit(.minutes(10)), .enabled(if: Machine.has("setpriv")))
  func `a secret file that may not be read ends it with 77`() async throws {
    try await onThread {
      let directory = try TemporaryDirectory()
      let binary = directory.path + "/vesigate"
      try FileManager.default.copyItem(atPath: GatewayBinary.path(), toPath: binary)
      let config = try directory.write(
        "vesigate.yaml", StartedGateway.fill(Self.config, directory.path, try FreePort.take()), mode: 0o644)
      chmod(try directory.write("secret", "s3cret\n"), 0)
      let other = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
      let child = try ChildProcess(
        (Machine.isRoot ? other : []) + [binary, "run", "--config", config],
        environment: ["PATH": "/usr/bin:/bin"])
      #expect(child.waitForExit(within: 30) == 77)
      let user = String(cString: try #require(getpwuid(Machine.isRoot ? 65_534 : geteuid())).pointee.pw_name)
      let group = String(cString: try #require(getgrgid(Machine.isRoot ? 65_534 : getegid())).pointee.gr_name)
      let sentence = "/secret may not be read by \(user): chgrp \(group) it, then chmod 0640 it"
      #expect(child.lines.first?.hasSuffix(directory.path + sentence) == true, "\(child.lines)")
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a missing secret file ends it with 78`() async throws {
    try await onThread {
      let config = Self.config.replacingOccurrences(of: "{dir}/secret", with: "{dir}/none")
      let (status, lines, started) = try failure(config)
      #expect(status == 78)
      #expect(
        lines.first?.hasSuffix(
          "routes[0].secret-file: \(started.directory.path)/none does not exist; enter it by "
            + "vesigate secret set --route /hook --config \(started.configPath)") == true
      )
      // What it says is what helps.
      let words = try #require(lines.first?.components(separatedBy: "enter it by vesigate ").last)
      let entry = try ChildProcess(
        ["sh", "-c", "echo s3cret | \(try GatewayBinary.path()) \(words)"],
        environment: ["PATH": "/usr/bin:/bin"])
      #expect(entry.waitForExit(within: 30) == 0, "\(entry.lines)")
      let again = try ChildProcess(
        [GatewayBinary.path(), "run", "--config", started.configPath], environment: ["PATH": "/usr/bin:/bin"])
      _ = try again.waitForLine(containing: "msg=ready", within: 30)
      #expect(again.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `where standard error is the journal, what ends it is an error there`() async throws {
    try await onThread {
      let script = "JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec \"$0\" \"$@\""
      let config = "listen: nowhere\nworkers: none\nroutes: []\n"
      let started = try StartedGateway(config, wrapper: ["sh", "-c", script])
      #expect(started.child.waitForExit(within: 30) == 78)
      #expect(started.child.lines.count == 4)
      #expect(started.child.lines.allSatisfy { $0.hasPrefix("<3>") }, "\(started.child.lines)")
      #expect(started.child.lines.last == "<3>vesigate: 3 problems, nothing was done")
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a bad configuration ends it with 78 and all its problems`() async throws {
    try await onThread {
      let (status, lines, _) = try failure("listen: nowhere\nworkers: none\nroutes: []\n")
      #expect(status == 78)
      #expect(lines.count == 4)
      #expect(lines.last == "vesigate: 3 problems, nothing was done")
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a second instance on the same port ends with 69`() async throws {
    try await onThread {
      let first = try StartedGateway(Self.config)
      _ = try first.waitUntilReady()
      let second = try StartedGateway(Self.config, port: first.port)
      #expect(second.child.waitForExit(within: 30) == 69)
      #expect(
        second.child.lines.last
          == "vesigate: cannot listen on 127.0.0.1:\(first.port): another program listens there already")
      // The first one never noticed.
      let client = try RawClient(port: first.port)
      #expect(client.readSome(for: 0.2).isEmpty && client.end == nil)
      #expect(first.child.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `an address that this host does not have ends it with 69`() async throws {
    try await onThread {
      let (status, lines, _) = try failure(
        Self.config.replacingOccurrences(of: "127.0.0.1:{port}", with: "203.0.113.9:8480"))
      #expect(status == 69)
      #expect(
        lines.last == "vesigate: cannot listen on 203.0.113.9:8480: this host has no such address")
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `systemd's socket without systemd ends it with 69`() async throws {
    try await onThread {
      let (status, lines, _) = try failure(
        Self.config.replacingOccurrences(of: "127.0.0.1:{port}", with: "systemd"))
      #expect(status == 69)
      #expect(lines.last?.contains("no socket was handed over") == true)
    }
  }

  @Test(.timeLimit(.minutes(10)), .enabled(if: Machine.has("prlimit")))
  func `too few descriptors are warned of`() async throws {
    try await onThread {
      let started = try StartedGateway(
        GatewayConfig.text(upstreams: ["http://127.0.0.1:9/"], workers: 1),
        wrapper: ["prlimit", "--nofile=512:512"])
      _ = try started.waitUntilReady()
      let warning = started.child.lines.first { $0.contains("descriptors may be open") }
      #expect(warning?.contains("level=warning") == true)
      #expect(warning?.contains("only 512 descriptors may be open at once, the limits need 8871") == true)
      #expect(started.child.terminate() == 0)
    }
  }

  @Test(
    .timeLimit(.minutes(10)), .enabled(if: Machine.has("prlimit")),
    arguments: [(12, 1), (36, 1), (1024, 256)])
  func `descriptors that do not suffice for the event loops end it with 69 and a sentence`(
    descriptors: Int, workers: Int
  ) async throws {
    try await onThread {
      let started = try StartedGateway(
        GatewayConfig.text(upstreams: ["http://127.0.0.1:9/"], workers: workers),
        wrapper: ["prlimit", "--nofile=\(descriptors):\(descriptors)"])
      #expect(started.child.waitForExit(within: 30) == 69)
      #expect(
        started.child.lines.last?.hasPrefix("vesigate: only \(descriptors) descriptors may be open at once")
          == true, "\(started.child.lines)")
    }
  }

  @Test(.timeLimit(.minutes(10)), .enabled(if: Machine.has("prlimit")))
  func `the least number of descriptors suffices to serve, to reload and to be asked`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let started = try StartedGateway(
        GatewayConfig.text(upstreams: [upstream.url()], top: "control: {dir}/control", workers: 1),
        wrapper: ["prlimit", "--nofile=37:37"])
      _ = try started.waitUntilReady()
      let client = try RawClient(port: started.port)
      for _ in 0..<3 {
        try client.send(SignedRequest().bytes)
        #expect(try client.response().status == 200)
        let reloaded = try GatewayProcess.command(["reload", "--config", started.configPath])
        #expect(reloaded.status == 0, "\(reloaded.lines)")
        let asked = try GatewayProcess.command(["status", "--config", started.configPath])
        #expect(asked.status == 0, "\(asked.lines)")
      }
      #expect(started.child.terminate() == 0)
    }
  }

  /// What a worker and an address to listen on take, as `DescriptorLimit.least` counts them. A sanitizer that asks for
  /// the name of a function takes some too.
  @Test(.timeLimit(.minutes(10)), .enabled(if: !Sanitizers.areOn))
  func `each worker has an epoll, what wakes it, and each listening socket once more`() async throws {
    try await onThread {
      let one = try openWhenReady(workers: 1, addresses: 1)
      #expect(one <= 32, "so many are allowed for besides workers")
      #expect(try openWhenReady(workers: 5, addresses: 1) == one + 4 * 3)
      #expect(try openWhenReady(workers: 5, addresses: 3) == one + 4 * 3 + 5 * 2)
    }
  }

  private func openWhenReady(workers: Int, addresses: Int) throws -> Int {
    let more = try (1..<addresses).map { _ in ", 127.0.0.1:\(try FreePort.take())" }.joined()
    let text = GatewayConfig.text(upstreams: ["http://127.0.0.1:9/"], workers: workers)
    let started = try StartedGateway(
      text.replacing("listen: 127.0.0.1:{port}", with: "listen: [127.0.0.1:{port}\(more)]"))
    _ = try started.waitUntilReady()
    // A timer or a file of the start may be open a moment longer.
    var counts: [Int] = []
    while counts.count < 20 || Set(counts.suffix(20)).count > 1, counts.count < 500 {
      counts.append(started.child.descriptorCount)
      usleep(10_000)
    }
    #expect(started.child.terminate() == 0)
    return counts.last ?? 0
  }

  @Test(.timeLimit(.minutes(10)), .enabled(if: Machine.has("prlimit")))
  func `a soft limit of descriptors is raised without a word`() async throws {
    try await onThread {
      // Without a control socket there is another warning.
      let config = GatewayConfig.text(upstreams: ["http://127.0.0.1:9/"], top: "control: none")
      let started = try StartedGateway(config, wrapper: ["prlimit", "--nofile=512:10000"])
      _ = try started.waitUntilReady()
      #expect(!started.child.lines.contains { $0.contains("level=warning") })
      #expect(started.child.terminate() == 0)
    }
  }
}
