import Foundation
import TestSupport
import Testing

/// Upstreams on unix sockets. Of one that cannot be reached the log names the socket's file and says what the kernel
/// said.
@Suite(.ownThread) struct UnixUpstreamTests {
  private func gateway(_ path: String, unprivileged: Bool = false) throws -> GatewayProcess {
    try GatewayProcess(
      config: GatewayConfig.text(upstreams: ["unix:\(path):/app"], workers: 1), unprivileged: unprivileged)
  }

  private func detail(_ gateway: GatewayProcess) throws -> String {
    #expect(try gateway.exchange(SignedRequest().bytes).status == 502)
    let line = try gateway.waitForLog(containing: "reason=upstream-connect")
    return String(line.split(separator: "detail=\"").last?.prefix { $0 != "\"" } ?? "")
  }

  @Test func `a socket that is not there is named`() throws {
    // Not below the system's folder of temporary files, of which more would be said.
    let directory = try TemporaryDirectory(in: "/dev/shm")
    let path = directory.path + "/none.sock"
    #expect(try detail(gateway(path)) == "\(path): No such file or directory")
  }

  @Test func `a socket that nobody listens on is named`() throws {
    let directory = try TemporaryDirectory(in: "/dev/shm")
    let path = directory.path + "/dead.sock"
    let upstream = try RecordingUpstream(unixPath: path)
    upstream.stop()
    #expect(eventually { (try? RawClient(unixPath: path)) == nil })
    #expect(try detail(gateway(path)) == "\(path): Connection refused; nobody listens there")
  }

  @Test func `a socket whose app accepts nobody is named`() throws {
    let directory = try TemporaryDirectory(in: "/dev/shm")
    let path = directory.path + "/full.sock"
    let full = try FullListener(unixPath: path)
    #expect(
      try detail(gateway(path)) == "\(path): no connection; the app does not accept those that wait there")
    withExtendedLifetime(full) {}
  }

  @Test func `an idle connection whose app makes room late is used again`() throws {
    let directory = try TemporaryDirectory(in: "/dev/shm")
    let path = directory.path + "/late.sock"
    let app = try LateReader(unixPath: path)
    let gateway = try gateway(path)
    for _ in 0..<20 {
      #expect(try gateway.exchange(SignedRequest().bytes).status == 200)
      app.read()
    }
    #expect(app.connections == 1)
  }

  @Test(.enabled(if: Machine.isRoot))
  func `a socket that may not be connected to is named`() throws {
    let directory = try TemporaryDirectory(in: "/dev/shm")
    try #require(chmod(directory.path, 0o755) == 0)
    let path = directory.path + "/closed.sock"
    let upstream = try RecordingUpstream(unixPath: path)
    try #require(chmod(path, 0o600) == 0)
    let said = try detail(gateway(path, unprivileged: true))
    #expect(said == "\(path): Permission denied; the user with id 65534 must be allowed to write to it")
    withExtendedLifetime(upstream) {}
  }

  @Test(arguments: ["/tmp", "/var/tmp", "/home", "/root", "/run/user/1000"])
  func `of a socket where the service's sandbox does not look the log says so, and check warns`(
    folder: String
  ) throws {
    let path = "\(folder)/no-such-folder-of-tests/app.sock"
    let gateway = try gateway(path)
    #expect(
      try detail(gateway).hasPrefix("\(path): No such file or directory; the systemd service does not see"))
    let (status, lines) = try GatewayProcess.command(["check", "--config", gateway.configPath])
    #expect(status == 0)
    #expect(
      lines.contains {
        $0.contains("routes[0].upstreams[0]: ") && $0.contains("the systemd service does not see")
      },
      "\(lines)")
  }

  @Test func `of a port that nobody listens on the log says what it did`() throws {
    let port = try FreePort.take()
    let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: ["http://127.0.0.1:\(port)/"]))
    #expect(try detail(gateway).contains("127.0.0.1 port \(port)"))
  }
}
