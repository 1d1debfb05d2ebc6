import Foundation
import TestSupport
import Testing

/// Root's commands beside a daemon whose account is not called vesigate, and need not have a name.
@Suite(.enabled(if: geteuid() == 0, "only root can start it as another"))
struct OtherAccountTests {
  private static let id: uid_t = 64_322

  @Test func `what belongs to the running daemon's account is trusted by root's commands`() async throws {
    try await onThread {
      let fixture = try CommandFixture()
      for name in ["", "secrets", "run"] {
        mkdir(fixture.path(name), 0o755)
        chmod(fixture.path(name), 0o755)
      }
      chown(fixture.path("run"), Self.id, Self.id)
      let secret = try fixture.write("secrets/vesicash", "a-secret-of-some-length\n", mode: 0o600)
      chown(secret, Self.id, Self.id)
      let config = try fixture.write(
        "vesigate.yaml",
        """
        listen: 127.0.0.1:0
        control: \(fixture.path("run/control.sock"))
        routes:
          - path: /webhooks/vesicash
            secret-file: \(secret)
            upstreams: [http://127.0.0.1:9/vesicash]

        """, mode: 0o644)
      let request = try fixture.write(
        "request", "POST /webhooks/vesicash HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}")
      let daemon = try ChildProcess(
        ["/usr/bin/setpriv", "--reuid=\(Self.id)", "--regid=\(Self.id)", "--clear-groups"]
          + [GatewayBinary.publicPath(), "run", "--config", config], environment: [:])
      _ = try daemon.waitForLine(containing: "msg=ready", within: 30)
      for (command, status) in [
        (["check"], 0), (["sign"], 0), (["verify", request], 1), (["diagnose", request], 1),
      ] {
        let ended = try fixture.run(
          GatewayBinary.path(), command + ["--config", config], input: Array("{}".utf8))
        #expect(ended.status == status, "\(command) \(ended.status) \(ended.errors)")
      }
      #expect(daemon.terminate() == 0)
    }
  }
}
