import Foundation
import TestSupport
import Testing

/// `vesigate inspect` beside a running daemon.
@Suite struct InspectCommandTests {
  private func gateway(_ inspector: String, unprivileged: Bool = false) throws -> GatewayProcess {
    let top = "control: {dir}/control.sock\nadmin: none\ninspector: \(inspector)"
    return try GatewayProcess(
      config: GatewayConfig.text(upstreams: ["http://127.0.0.1:9/"], top: top, workers: 1),
      unprivileged: unprivileged)
  }

  private static let socket = "{listen: unix:{dir}/inspector.sock}"

  @Test func `the daemon's socket is for itself and root, and the line for ssh names it`() async throws {
    try await onThread {
      let gateway = try gateway(Self.socket)
      let path = gateway.directory.path + "/inspector.sock"
      #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
      let said = try GatewayProcess.command(["inspect", "--config", gateway.configPath])
      #expect(said.status == 0)
      #expect(said.lines.contains { $0.contains("ssh -L 9465:\(path) ") }, "\(said.lines)")
      let client = try RawClient(unixPath: path)
      client.offer(Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
      let page = try client.response(to: "GET")
      #expect(page.status == 200 && page.text.contains("vesigate"))
      #expect(gateway.terminate() == 0)
      #expect(access(path, F_OK) != 0)
    }
  }

  /// `inspect --port`, once it listens.
  private func relay(_ gateway: GatewayProcess) throws -> (ChildProcess, UInt16) {
    let port = try FreePort.take()
    let relay = try ChildProcess(
      [GatewayBinary.path(), "inspect", "--config", gateway.configPath, "--port", "\(port)"], environment: [:]
    )
    _ = try relay.waitForLine(containing: "http://127.0.0.1:\(port)/", within: 30)
    return (relay, port)
  }

  @Test func `with a port it is on loopback until Ctrl-C, for its own user`() async throws {
    try await onThread {
      let gateway = try gateway(Self.socket)
      let (relay, port) = try relay(gateway)
      // Two pages on one connection, then others beside it.
      let client = try RawClient(port: port)
      for _ in 0..<2 {
        client.offer(Array("GET / HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n".utf8))
        #expect(try client.response(to: "GET").status == 200)
      }
      for _ in 0..<40 {
        let other = try RawClient(port: port)
        other.offer(Array("GET /style.css HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8))
        #expect(try other.response(to: "GET").status == 200)
        #expect(other.isClosedByPeer())
      }
      let taken = try GatewayProcess.command(
        ["inspect", "--config", gateway.configPath, "--port", "\(port)"])
      #expect(taken.status == 69 && taken.lines.contains { $0.contains("--port names another") })
      relay.signal(SIGINT)
      #expect(relay.waitForExit(within: 10) == 0)
    }
  }

  @Test(.enabled(if: geteuid() == 0, "only root can connect as another"))
  func `another user of the machine is not let through the port`() async throws {
    try await onThread {
      let gateway = try gateway(Self.socket)
      let (relay, port) = try relay(gateway)
      let script = """
        import socket
        s = socket.create_connection(("127.0.0.1", \(port)))
        try:
            s.sendall(b"GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
            got = s.recv(100)
        except OSError:
            got = b""
        print("got", len(got))
        """
      let python = ["/usr/bin/python3", "-c", script]
      let foreign = try ChildProcess(
        ["/usr/bin/setpriv", "--reuid=64322", "--regid=64322", "--clear-groups"] + python, environment: [:])
      #expect(foreign.waitForExit(within: 20) == 0 && foreign.lines == ["got 0"], "\(foreign.lines)")
      _ = try relay.waitForLine(containing: "the user with id 64322 was refused", within: 10)
      let own = try ChildProcess(python, environment: [:])
      #expect(own.waitForExit(within: 20) == 0 && own.lines == ["got 100"], "\(own.lines)")
      relay.signal(SIGINT)
      _ = relay.waitForExit(within: 10)
    }
  }

  @Test func `over TCP it prints a link, and without one there is no page`() async throws {
    try await onThread {
      let port = try FreePort.take()
      let gateway = try gateway("{listen: 127.0.0.1:\(port)}")
      let said = try GatewayProcess.command(["inspect", "--config", gateway.configPath])
      let link = try #require(said.lines.first { $0.contains("http://127.0.0.1:\(port)/login?token=") })
      let token = try #require(link.split(separator: "=").last.map(String.init))
      #expect(said.status == 0 && token.utf8.count == 32)
      func ask(_ text: String) throws -> RawResponse {
        let client = try RawClient(port: port)
        client.offer(Array(text.utf8))
        return try client.response(to: "GET")
      }
      #expect(try ask("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 401)
      let form = "token=\(token)"
      let login =
        "POST /login HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nSec-Fetch-Site: same-origin\r\n"
        + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: \(form.count)\r\n\r\n\(form)"
      let entered = try ask(login)
      let cookie = try #require(entered.head.value("set-cookie")?.split(separator: ";").first)
      #expect(entered.status == 303)
      #expect(try ask("GET / HTTP/1.1\r\nHost: localhost\r\nCookie: \(cookie)\r\n\r\n").status == 200)
      #expect(try ask(login).status == 403)
      #expect(gateway.log.contains { $0.contains("a one-time link was made") })
      #expect(!gateway.log.contains { $0.contains(token) })
      let port2 = try GatewayProcess.command(["inspect", "--config", gateway.configPath, "--port", "1"])
      #expect(port2.status == 64)
    }
  }

  @Test func `where it is switched off, and where no daemon is, that is said`() async throws {
    try await onThread {
      let gateway = try gateway("none")
      let off = try GatewayProcess.command(["inspect", "--config", gateway.configPath])
      #expect(off.status == 69 && off.lines.contains { $0.contains("inspector: none") }, "\(off.lines)")
      #expect(gateway.terminate() == 0)
      #expect(try GatewayProcess.command(["inspect", "--config", gateway.configPath]).status == 69)
    }
  }
}
