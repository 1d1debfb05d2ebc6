import Foundation
import TestSupport
import Testing

/// https upstreams: held to their certificate and name, and nothing is sent before that.
@Suite(.ownThread) struct TLSUpstreamTests {
  private let certificates: Certificates

  init() throws { certificates = try Certificates.shared.get() }

  private func witness(_ name: String = "server", clientCA: String? = nil) throws -> PythonWitness {
    try PythonWitness(
      certificate: certificates.path(name + ".pem"), key: certificates.path(name + ".key"),
      clientCA: clientCA.map(certificates.path))
  }

  /// A route with one https upstream and further settings of it.
  private func gateway(_ port: UInt16, _ settings: [String], then next: String? = nil, route: String = "")
    throws
    -> GatewayProcess
  {
    let fields = ["url: \"https://127.0.0.1:\(port)/app\""] + settings
    let upstreams = ["{\(fields.joined(separator: ", "))}"] + (next.map { ["\"\($0)\""] } ?? [])
    return try GatewayProcess(
      config: """
        listen: 127.0.0.1:{port}
        workers: 1
        routes:
          - path: /hook
            secret-file: {dir}/secret
            upstreams: [\(upstreams.joined(separator: ", "))]
            \(route)
        """)
  }

  private func ca(_ name: String) -> String { "ca-file: \(certificates.path(name + ".pem"))" }

  @Test func `an upstream with a certificate of the configured authority gets the delivery`() throws {
    let witness = try witness()
    let gateway = try gateway(witness.port, [ca("ca")])
    for body in ["first", "second"] {
      #expect(try gateway.exchange(SignedRequest(body).bytes).text == "witness")
    }
    #expect(eventually { witness.requests.count == 2 })
    #expect(witness.requests.map(\.bodyHex) == ["first", "second"].map { Array($0.utf8).hex })
  }

  @Test(arguments: [("server", "other-ca"), ("server", ""), ("misnamed", "ca")])
  func `a certificate of another authority or for another name is 502, and nothing was sent`(
    certificate: String, authority: String
  ) throws {
    let witness = try witness(certificate)
    let gateway = try gateway(witness.port, authority.isEmpty ? [] : [ca(authority)])
    #expect(try gateway.exchange(SignedRequest().bytes).status == 502)
    try gateway.waitForLog(containing: "reason=upstream-tls")
    #expect(witness.requests.isEmpty)
  }

  @Test func `after a TLS failure the next upstream gets the delivery`() throws {
    let witness = try witness()
    let next = try RecordingUpstream()
    let gateway = try gateway(witness.port, [ca("other-ca")], then: next.url())
    #expect(try gateway.exchange(SignedRequest("safe").bytes).status == 200)
    #expect(try next.onlyRequest().body == Array("safe".utf8))
    #expect(witness.requests.isEmpty)
  }

  @Test func `an upstream that asks for a client certificate gets the configured one`() throws {
    let witness = try witness(clientCA: "ca.pem")
    let own = [
      "client-certificate-file: \(certificates.path("client.pem"))",
      "client-key-file: \(certificates.path("client.key"))",
    ]
    let known = try gateway(witness.port, [ca("ca")] + own)
    #expect(try known.exchange(SignedRequest().bytes).text == "witness")
    #expect(eventually { witness.requests.first?.client == "commonName=client" })
    let unknown = try gateway(witness.port, [ca("ca")])
    #expect(try unknown.exchange(SignedRequest().bytes).status == 502)
    #expect(witness.requests.count == 1)
  }

  @Test(arguments: [0, 30])
  func `a client certificate that is replaced counts from the reload on, whatever was warm before`(
    idleSeconds: Int
  ) throws {
    let witness = try witness(clientCA: "ca.pem")
    let directory = try TemporaryDirectory()
    func put(_ name: String) throws {
      for kind in ["pem", "key"] {
        let text = try String(contentsOfFile: certificates.path("\(name).\(kind)"), encoding: .utf8)
        try directory.write("own.\(kind)", text)
      }
    }
    try put("client")
    let own = [
      "client-certificate-file: \(directory.path)/own.pem", "client-key-file: \(directory.path)/own.key",
    ]
    let gateway = try gateway(
      witness.port, [ca("ca")] + own, route: "upstream-idle-seconds-max: \(idleSeconds)")
    for _ in 0..<4 { #expect(try gateway.exchange(SignedRequest().bytes).text == "witness") }
    try put("next-client")
    gateway.signal(1)
    try gateway.waitForLog(containing: "msg=reloaded")
    for _ in 0..<4 { #expect(try gateway.exchange(SignedRequest().bytes).text == "witness") }
    #expect(eventually { witness.requests.count == 8 })
    let names = ["client", "next-client"].flatMap { Array(repeating: "commonName=\($0)", count: 4) }
    #expect(witness.requests.map(\.client) == names)
  }

  @Test func `an upstream that never speaks TLS costs no more than the connect time`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try gateway(upstream.port, [ca("ca")], route: "connect-seconds-max: 1")
    #expect(try gateway.exchange(SignedRequest().bytes).status == 504)
    #expect(upstream.requests.isEmpty)
  }

  @Test func `an upstream that would rather speak HTTP/2 is spoken to by HTTP/1.1`() throws {
    let port = try FreePort.take()
    let server = try http2(port)
    let offer = try ChildProcess(
      ["openssl", "s_client", "-alpn", "h2,http/1.1", "-connect", "127.0.0.1:\(port)"],
      environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
    // Whoever offers both gets HTTP/2: else the test would show nothing.
    _ = try offer.waitForLine(containing: "ALPN protocol: h2")
    let gateway = try gateway(port, [ca("ca")])
    for _ in 0..<3 {
      #expect(try gateway.exchange(SignedRequest().bytes).text == "HTTP/1.1, agreed on http/1.1")
    }
    withExtendedLifetime(server) {}
  }

  /// nginx, which takes HTTP/2 from whoever offers it.
  private func http2(_ port: UInt16) throws -> PeerServer {
    let directory = try TemporaryDirectory()
    for name in ["server.pem", "server.key"] {
      try directory.write(name, String(contentsOfFile: certificates.path(name), encoding: .utf8))
    }
    let path = try directory.write(
      "nginx.conf",
      """
      pid \(directory.path)/nginx.pid;
      error_log stderr warn;
      events { worker_connections 64; }
      http {
        access_log off;
        \(["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(directory.path)/\($0);" }
          .joined(separator: " "))
        server {
          listen 127.0.0.1:\(port) ssl http2;
          ssl_certificate \(directory.path)/server.pem;
          ssl_certificate_key \(directory.path)/server.key;
          location / { return 200 "$server_protocol, agreed on $ssl_alpn_protocol"; }
        }
      }
      """)
    let server = try PeerServer(
      ["nginx", "-p", directory.path, "-c", path, "-e", "stderr", "-g", "daemon off; master_process off;"],
      package: "nginx", in: directory)
    try server.wait(forPort: port)
    return server
  }
}
