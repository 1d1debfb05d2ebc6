import Foundation
import TestSupport
import Testing

/// Every kind of door.
struct ListenTests {
  let upstream: RecordingUpstream

  init() throws { upstream = try RecordingUpstream() }

  private func config(_ listen: String) -> String {
    GatewayConfig.text(upstreams: [upstream.url()])
      .replacingOccurrences(of: "listen: 127.0.0.1:{port}", with: "listen: \(listen)")
  }

  private func expectServed(_ client: RawClient) throws {
    try client.send(SignedRequest().bytes)
    #expect(try client.response().status == 200)
  }

  @Test(.timeLimit(.minutes(10)))
  func `several addresses are served at once`() async throws {
    try await onThread {
      let other = try FreePort.take()
      let started = try StartedGateway(
        config("[\"127.0.0.1:{port}\", \"127.0.0.1:\(other)\", \"unix:{dir}/socket\"]"))
      _ = try started.waitUntilReady()
      try expectServed(RawClient(port: started.port))
      try expectServed(RawClient(port: other))
      try expectServed(RawClient(unixPath: started.directory.path + "/socket"))
      #expect(started.child.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `every address takes IPv4 too`() async throws {
    try await onThread {
      let started = try StartedGateway(config("\"*:{port}\""))
      _ = try started.waitUntilReady()
      try expectServed(RawClient(port: started.port))
      #expect(started.child.terminate() == 0)
    }
  }

  /// A kernel that has no IPv6 refuses the socket itself; so does this filter.
  private static let withoutIPv6 = """
    import ctypes, os, platform, struct, sys
    arch, number = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}[platform.machine()]
    load, equal, give = 0x20, 0x15, 0x06
    steps = [(load, 0, 0, 4), (equal, 0, 4, arch), (load, 0, 0, 0), (equal, 0, 2, number), (load, 0, 0, 16),
             (equal, 1, 0, 10), (give, 0, 0, 0x7FFF0000), (give, 0, 0, 0x00050000 | 97)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0
    assert libc.prctl(22, 2, ctypes.byref(program), 0, 0) == 0, os.strerror(ctypes.get_errno())
    os.execvp(sys.argv[1], sys.argv[1:])
    """

  @Test(.timeLimit(.minutes(10)), arguments: ["\"*:{port}\"", "\":{port}\""])
  func `every address is served where there is no IPv6`(listen: String) async throws {
    try await onThread {
      let started = try StartedGateway(
        config(listen), wrapper: ["/usr/bin/env", "python3", "-c", Self.withoutIPv6])
      _ = try started.waitUntilReady()
      try expectServed(RawClient(port: started.port))
      #expect(started.child.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `an IPv6 address is refused where there is none`() async throws {
    try await onThread {
      let started = try StartedGateway(
        config("\"[::1]:{port}\""), wrapper: ["/usr/bin/env", "python3", "-c", Self.withoutIPv6])
      #expect(started.child.waitForExit(within: 30) == 69)
      #expect(started.child.lines.last?.contains("Address family not supported by protocol") == true)
    }
  }

  @Test(.timeLimit(.minutes(10)), .enabled(if: FileManager.default.fileExists(atPath: "/proc/net/if_inet6")))
  func `an IPv6 address is served and is no IPv4 one`() async throws {
    try await onThread {
      let started = try StartedGateway(config("\"[::1]:{port}\""))
      #expect(try started.waitUntilReady().contains("[::1]:\(started.port)"))
      let script = """
        import socket, sys
        connection = socket.create_connection(("::1", int(sys.argv[1])), 10)
        connection.sendall(b"GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n")
        print(connection.recv(100).split(b"\\r")[0].decode())
        """
      let client = try ChildProcess(
        ["/usr/bin/env", "python3", "-c", script, String(started.port)],
        environment: ["PATH": "/usr/bin:/bin"])
      #expect(client.waitForExit(within: 30) == 0)
      #expect(client.lines == ["HTTP/1.1 404 Not Found"])
      #expect(throws: FixtureError.self) { try RawClient(port: started.port) }
      #expect(started.child.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a unix socket has the mode and group that are configured, and is gone at the end`() async throws {
    try await onThread {
      let group = Machine.isRoot ? "daemon" : String(cString: getgrgid(getegid())!.pointee.gr_name)
      let started = try StartedGateway(config("{unix: \"{dir}/socket\", mode: \"0620\", group: \(group)}"))
      _ = try started.waitUntilReady()
      let path = started.directory.path + "/socket"
      var info = stat()
      #expect(stat(path, &info) == 0)
      #expect(info.st_mode & 0o777 == 0o620)
      #expect(info.st_gid == getgrnam(group)!.pointee.gr_gid)
      try expectServed(RawClient(unixPath: path))
      #expect(started.child.terminate() == 0)
      #expect(access(path, F_OK) != 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a group that does not exist ends it and leaves no file behind`() async throws {
    try await onThread {
      let started = try StartedGateway(config("{unix: \"{dir}/socket\", group: no-such-group}"))
      #expect(started.child.waitForExit(within: 30) == 69)
      #expect(started.child.lines.last?.hasSuffix("there is no group no-such-group") == true)
      #expect(access(started.directory.path + "/socket", F_OK) != 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a socket file that a killed instance left is replaced, one that answers is not`() async throws {
    try await onThread {
      let text = config("unix:{dir}/socket")
      let killed = try StartedGateway(text)
      _ = try killed.waitUntilReady()
      killed.child.signal(SIGKILL)
      #expect(killed.child.waitForExit() == 137)
      #expect(access(killed.directory.path + "/socket", F_OK) == 0)

      let first = try StartedGateway(text, directory: killed.directory)
      _ = try first.waitUntilReady()
      let second = try StartedGateway(text, directory: killed.directory)
      #expect(second.child.waitForExit(within: 30) == 69)
      let path = first.directory.path + "/socket"
      #expect(
        second.child.lines.last == "vesigate: cannot listen on unix:\(path): another program answers there")
      try expectServed(RawClient(unixPath: path))
      #expect(first.child.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a file that is no socket is left alone`() async throws {
    try await onThread {
      let directory = try TemporaryDirectory()
      let path = try directory.write("socket", "precious")
      let started = try StartedGateway(config("unix:{dir}/socket"), directory: directory)
      #expect(started.child.waitForExit(within: 30) == 69)
      #expect(started.child.lines.last?.contains("a file that is no socket stands there") == true)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
    }
  }

  /// It hands on what it is told of its environment, and no more.
  private static let activator =
    ["systemd-socket-activate", "-l", "127.0.0.1:{port}", "--fdname=hook"]
    + Sanitizers.environment.keys.map { "--setenv=\($0)" }

  /// The one at which the gateway is started.
  private static func firstConnection(to started: StartedGateway) throws -> RawClient {
    var client: RawClient?
    eventually {
      client = try? RawClient(port: started.port)
      return client != nil
    }
    return try #require(client)
  }

  @Test(
    .timeLimit(.minutes(10)), .enabled(if: Machine.has("systemd-socket-activate")),
    arguments: ["systemd", "systemd:hook"])
  func `a socket that systemd hands over is served`(_ listen: String) async throws {
    try await onThread {
      let started = try StartedGateway(
        config(listen),
        wrapper: Self.activator)
      try expectServed(Self.firstConnection(to: started))
      #expect(try started.waitUntilReady().contains("systemd:hook"))
      #expect(started.child.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)), .enabled(if: Machine.has("systemd-socket-activate")))
  func `a socket of another name is refused`() async throws {
    try await onThread {
      let started = try StartedGateway(
        config("systemd:other"),
        wrapper: Self.activator)
      let client = try Self.firstConnection(to: started)
      #expect(started.child.waitForExit(within: 30) == 69)
      #expect(started.child.lines.last?.contains("name other was handed over, but hook") == true)
      client.close()
    }
  }
}
