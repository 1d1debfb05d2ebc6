import Foundation
import TestSupport
import Testing

/// A socket that systemd holds, and a `listen` that names an address and not systemd.
struct AdoptedSocketTests {
  /// Opens the sockets that its arguments name up to `--`, as a manager does, and becomes the program behind that.
  private static let manager = """
    import os, socket, sys
    end = sys.argv.index("--")
    doors = []
    for where in sys.argv[1:end]:
        if where.startswith("/") or where.startswith("@"):
            door = socket.socket(socket.AF_UNIX); door.bind(where.replace("@", chr(0))); door.listen(8)
        else:
            host, port = where.rsplit(":", 1)
            door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if host.startswith("only"):
                host = host.removeprefix("only")
                door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            door.bind((host, int(port))); door.listen(8)
        doors.append(door)
    held = [os.dup(door.fileno()) for door in doors]
    high = [os.dup2(one, 40 + index) for index, one in enumerate(held)]
    os.closerange(3, 40)
    for index, one in enumerate(high): os.dup2(one, 3 + index)
    os.closerange(40, 60)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(held)))
    os.execv(sys.argv[end + 1], sys.argv[end + 1:])
    """

  private func start(_ upstream: String, listen: String, held: String...) throws -> StartedGateway {
    let config = GatewayConfig.text(upstreams: [upstream])
      .replacingOccurrences(of: "listen: 127.0.0.1:{port}", with: "listen: \(listen)")
    return try StartedGateway(config, wrapper: ["python3", "-c", Self.manager] + held + ["--"])
  }

  private func delivers(_ client: RawClient) throws -> Bool {
    try client.send(SignedRequest().bytes)
    return try client.response().status == 200
  }

  @Test(.timeLimit(.minutes(10)))
  func `a socket that systemd holds at the address of listen is taken over`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let started = try start(
        upstream.url(), listen: "[\"127.0.0.1:{port}\", \"unix:{dir}/socket\"]", held: "127.0.0.1:{port}",
        "{dir}/socket")
      // Were it bound a second time, the start would fail: another program listens there already.
      #expect(try started.waitUntilReady().contains("127.0.0.1:\(started.port) unix:"))
      #expect(try delivers(RawClient(port: started.port)))
      #expect(try delivers(RawClient(unixPath: started.directory.path + "/socket")))
      #expect(!started.child.lines.contains { $0.contains("vesigate.socket") })
      #expect(started.child.terminate() == 0)
      // It is systemd's: the file stays for the next process.
      #expect(access(started.directory.path + "/socket", F_OK) == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `every address of a port is served by the socket that systemd holds for it`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let started = try start(upstream.url(), listen: "\"*:{port}\"", held: ":::{port}")
      _ = try started.waitUntilReady()
      #expect(try delivers(RawClient(port: started.port)))
      #expect(started.child.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `where listen names another address than systemd's socket has, the start says what to edit`()
    async throws
  {
    try await onThread {
      let upstream = try RecordingUpstream()
      let other = try FreePort.take()
      let started = try start(upstream.url(), listen: "127.0.0.1:{port}", held: "127.0.0.1:\(other)")
      _ = try started.waitUntilReady()
      let line = try #require(started.child.lines.first { $0.contains("vesigate.socket holds") })
      #expect(
        line.contains("level=warning") && line.contains("holds 127.0.0.1:\(other), which listen does not"))
      #expect(line.contains("ListenStream=, ListenStream=127.0.0.1:\(started.port), each"))
      #expect(try delivers(RawClient(port: started.port)))
      #expect(started.child.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a start that cannot have a port says that systemd's socket has it, at another address`() async throws
  {
    try await onThread {
      let upstream = try RecordingUpstream()
      let started = try start(upstream.url(), listen: "127.0.0.1:{port}", held: "0.0.0.0:{port}")
      #expect(started.child.waitForExit(within: 30) == 69)
      let line = try #require(started.child.lines.last { $0.contains("cannot listen on") })
      #expect(line.contains("vesigate.socket holds 0.0.0.0:\(started.port)"), "\(line)")
      #expect(line.contains("systemctl edit vesigate.socket"), "\(line)")
    }
  }

  /// On what systemd holds and what is listened on: half of what was asked for, or more than that.
  @Test(
    .timeLimit(.minutes(10)),
    arguments: [
      ("\"*:{port}\"", "0.0.0.0:{port}"), ("\"*:{port}\"", "only:::{port}"), ("\"[::]:{port}\"", ":::{port}"),
    ])
  func `a socket for IPv4 or IPv6 alone does not serve every address, nor one for both that of IPv6`(
    listen: String, held: String
  ) async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let started = try start(upstream.url(), listen: listen, held: held)
      #expect(started.child.waitForExit(within: 30) == 69)
      let line = try #require(started.child.lines.last { $0.contains("cannot listen on") })
      #expect(line.contains("vesigate.socket holds ") && line.contains("BindIPv6Only="), "\(line)")
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `two sockets, one for IPv4 and one for IPv6, serve every address together`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let started = try start(
        upstream.url(), listen: "\"*:{port}\"", held: "0.0.0.0:{port}", "only:::{port}", "@vesigate-{port}")
      _ = try started.waitUntilReady()
      #expect(try delivers(RawClient(port: started.port)))
      #expect(started.child.lines.contains { $0.contains("an address that listen cannot name") })
      #expect(started.child.terminate() == 0)
    }
  }
}
