import Foundation
import TestSupport
import Testing

/// What a socket that systemd handed over keeps.
struct InheritedSocketTests {
  /// Opens a TCP and a unix socket as a manager does, and becomes the program with both; a second process
  /// keeps telling what their backlogs are, as the kernel says.
  private static let manager = """
    import os, socket, struct, sys, time
    path = sys.argv[1]
    tcp = socket.socket(); tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    tcp.bind(("127.0.0.1", int(sys.argv[2]))); tcp.listen(37)
    unix = socket.socket(socket.AF_UNIX); unix.bind(path); unix.listen(41)
    def tcp_backlog():
        return struct.unpack_from("I", tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 28)[0]
    def unix_backlog():
        link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4)
        request = struct.pack("BBHIIIII", 1, 0, 0, 0, os.fstat(unix.fileno()).st_ino, 16, 2**32 - 1, 2**32 - 1)
        link.send(struct.pack("IHHII", 16 + len(request), 20, 1, 0, 0) + request)
        answer = link.recv(4096)
        offset = 16 + 16
        while offset < len(answer):
            size, kind = struct.unpack_from("HH", answer, offset)
            if kind == 4: return struct.unpack_from("II", answer, offset + 4)[1]
            offset += size + 3 & ~3
    if os.fork() == 0:
        parent = os.getppid()
        while os.getppid() == parent:
            print("backlogs", tcp_backlog(), unix_backlog(), flush=True)
            time.sleep(0.05)
        os._exit(0)
    first, second = os.dup(tcp.fileno()), os.dup(unix.fileno())
    os.dup2(first, 13); os.dup2(second, 14); os.closerange(3, 13)
    os.dup2(13, 3); os.dup2(14, 4); os.closerange(13, 20)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="2", LISTEN_FDNAMES="web:local")
    os.execv(sys.argv[3], sys.argv[3:])
    """

  @Test(.timeLimit(.minutes(10)))
  func `sockets that were handed over keep their unit's backlog and are closed on exec`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let config = GatewayConfig.text(upstreams: [upstream.url()])
        .replacingOccurrences(of: "listen: 127.0.0.1:{port}", with: "listen: systemd")
      let started = try StartedGateway(
        config, wrapper: ["python3", "-c", Self.manager, "{dir}/socket", "{port}"])
      #expect(try started.waitUntilReady().contains("\"systemd:web systemd:local\""))
      for client in [
        try RawClient(port: started.port), try RawClient(unixPath: started.directory.path + "/socket"),
      ] {
        try client.send(SignedRequest().bytes)
        #expect(try client.response().status == 200)
      }
      let seen = started.child.lines.count
      #expect(try started.child.waitForLine(containing: "backlogs", from: seen) == "backlogs 37 41")
      for descriptor in [3, 4] {
        let info = String(
          decoding: started.child.procFile("fdinfo/\(descriptor)"), as: UTF8.self)
        let flags = try #require(info.firstMatch(of: /flags:\s+(\d+)/).flatMap { Int($0.1, radix: 8) })
        #expect(flags & Int(O_CLOEXEC) != 0)
      }
      #expect(started.child.terminate() == 0)
    }
  }
}
