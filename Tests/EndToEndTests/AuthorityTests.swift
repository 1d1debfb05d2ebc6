import Foundation
import TestSupport
import Testing

/// Whom an https upstream is believed by.
@Suite(.ownThread) struct AuthorityTests {
  private let certificates: Certificates

  init() throws { certificates = try Certificates.shared.get() }

  private func app() throws -> TLSApp {
    try TLSApp(certificate: certificates.path("server.pem"), key: certificates.path("server.key"))
  }

  private func config(_ app: TLSApp, _ caFile: String?) -> String {
    let settings = ["url: \"https://127.0.0.1:\(app.port)/\""] + (caFile.map { ["ca-file: \($0)"] } ?? [])
    return """
      listen: 127.0.0.1:{port}
      workers: 1
      routes:
        - path: /hook
          secret-file: {dir}/secret
          upstreams: [{\(settings.joined(separator: ", "))}]
      """
  }

  /// Becomes the command behind it, in a world of its own where the system's directory of authorities holds the
  /// one of our servers, by its hash, and the system's bundle holds another.
  private func world(_ certificates: Certificates) -> [String] {
    let cover = """
      mount -t tmpfs none /etc/ssl/certs && cp "$1" /etc/ssl/certs/ca-certificates.crt \
      && cp "$2" "/etc/ssl/certs/$(openssl x509 -noout -hash -in "$2").0" && shift 2 && exec "$@"
      """
    return [
      "unshare", "--mount", "sh", "-c", cover, "sh", certificates.path("other-ca.pem"),
      certificates.path("ca.pem"),
    ]
  }

  @Test(.enabled(if: Machine.isRoot))
  func `a named authority is the only one, whatever the system's directory holds`() throws {
    let app = try app()
    let world = world(certificates)
    // By the system's directory alone: it really is looked into.
    let system = try GatewayProcess(config: config(app, nil), startedBy: world)
    #expect(try system.exchange(SignedRequest().bytes).status == 200)
    let named = try GatewayProcess(config: config(app, certificates.path("other-ca.pem")), startedBy: world)
    #expect(try named.exchange(SignedRequest().bytes).status == 502)
    try named.waitForLog(containing: "reason=upstream-tls")
    let right = try GatewayProcess(config: config(app, certificates.path("ca.pem")), startedBy: world)
    #expect(try right.exchange(SignedRequest().bytes).status == 200)
    #expect(try app.requests(atLeast: 2).count == 2)
  }

  @Test func `OpenSSL's own directory and file are asked by nobody`() throws {
    let app = try app()
    let directory = try TemporaryDirectory()
    let hash = try ChildProcess(
      ["openssl", "x509", "-noout", "-hash", "-in", certificates.path("ca.pem")],
      environment: ["PATH": "/usr/bin:/bin"])
    #expect(hash.waitForExit(within: 30) == 0)
    let text = try String(contentsOfFile: certificates.path("ca.pem"), encoding: .utf8)
    try directory.write("\(try #require(hash.lines.first)).0", text, mode: 0o644)
    let named = try GatewayProcess(
      config: config(app, certificates.path("other-ca.pem")),
      environment: ["SSL_CERT_DIR": directory.path, "SSL_CERT_FILE": certificates.path("ca.pem")])
    #expect(try named.exchange(SignedRequest().bytes).status == 502)
    #expect(app.requests.isEmpty)
  }

  @Test func `an authority that is replaced counts from the next connection on`() throws {
    let app = try app()
    let directory = try TemporaryDirectory()
    func put(_ name: String) throws {
      let text = try String(contentsOfFile: certificates.path(name), encoding: .utf8)
      try directory.write("authority.pem", text, mode: 0o644)
    }
    try put("other-ca.pem")
    let gateway = try GatewayProcess(config: config(app, directory.path + "/authority.pem"))
    #expect(try gateway.exchange(SignedRequest().bytes).status == 502)
    try put("ca.pem")
    gateway.signal(1)
    try gateway.waitForLog(containing: "msg=reloaded")
    #expect(try gateway.exchange(SignedRequest().bytes).status == 200)
    #expect(try app.requests(atLeast: 1).count == 1)
  }
}
