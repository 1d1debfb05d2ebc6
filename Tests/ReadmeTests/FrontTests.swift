import Foundation
import Testing

/// A real front, terminating TLS, before the built vesigate, before an app in Python.
struct FrontTests {
  /// What `scripts/demo-app.py` says of a request.
  private struct Seen: Decodable {
    let path: String
    let xVerified: [String]
    let xForwardedFor: [String]
    let xForwardedProto: [String]
    let xForwardedHost: [String]
    let names: [String]
    let forwarded: [String]
    let bodyBytes: Int
    let sha256: String
  }

  private static let host = "hooks.example.com"
  private let sandbox: Sandbox
  private let port: Int

  init() throws {
    sandbox = try Sandbox()
    port = try Sandbox.freePort()
  }

  /// Those that are not installed are left out: scripts/install-needs test installs them.
  @Test(arguments: Front.allCases.filter(\.isWanted))
  func `a front by the file that is shipped hands deliveries on as they came`(front: Front) async throws {
    try await startAll(front)
    var generator = SystemRandomNumberGenerator()
    let binary = Data((0..<300_000).map { _ in UInt8.random(in: 0...255, using: &generator) })
    let bodies = [Data(#"{"event":"payment.completed","amount":3.10}"#.utf8), Data(), binary]
    for body in bodies { try await expectDelivered(body, without: front.deleted) }
    try await expectDelivered(binary, by: ["-H", "Transfer-Encoding: chunked"], without: front.deleted)

    // No route has it; the log says it as it came.
    let path = "/webhooks/a//b%2Fc"
    #expect(try await post(bodies[0], signedOver: bodies[0], by: ["--path-as-is"], to: path) == "404")
    try await sandbox.wait(for: " path=\(path) ", in: "gateway.log")

    let forged = try await post(
      bodies[0], signedOver: Data(#"{"amount":9999}"#.utf8), by: ["-H", "X-Verified: true"])
    #expect(forged == "401")
    #expect(try seen().count == bodies.count + 1)
    try await sandbox.wait("the delivery's line") {
      sandbox.read("gateway.log").contains(#/reason=mismatch .*remote=127\.0\.0\.2 /#)
    }
  }

  /// Debian's unit waits for the file that it names, and ends nginx where that does not come.
  @Test(.enabled(if: Front.nginx.isWanted))
  func `the whole nginx.conf says its number where Debian's unit looks for it`() throws {
    let unit = try String(contentsOfFile: "/usr/lib/systemd/system/nginx.service", encoding: .utf8)
    let expected = try #require(unit.firstMatch(of: /PIDFile=(\S+)/)).1
    let told = try #require(Document(Front.nginx.file).text.firstMatch(of: /\npid (\S+);/)).1
    #expect(told == expected)
  }

  @Test func `nginx's location says what the whole file says`() throws {
    func lines(_ front: Front) throws -> [String] {
      let text = Document(front.file).text
      let start = try #require(text.range(of: "proxy_http_version"))
      return text[start.lowerBound...].split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { $0 != "}" && !$0.hasPrefix("#") }
    }
    #expect(try lines(.nginx) == lines(.nginxLocation))
    #expect(try lines(.nginx).count > 30)
  }

  @Test func `fronts that delete by name delete the same names`() {
    #expect(Front.nginx.deleted.count > 30)
    #expect(Front.apache.deleted == Front.nginx.deleted)
  }

  @Test func `docs/fronts.md has each of them, and README leads there`() {
    let text = Document("docs/fronts.md").text
    for front in Front.allCases { #expect(text.contains("(../\(front.file))"), "\(front.file)") }
    #expect(Document.readme.text.contains("(docs/fronts.md)"))
    #expect(Document.readme.text.contains("(docs/apps.md)"))
  }

  private func expectDelivered(
    _ body: Data, by options: [String] = [], without deleted: Set<String>
  ) async throws {
    let claims = deleted.flatMap { ["-H", "\($0): 198.51.100.1"] }
    let status = try await post(
      body, signedOver: body,
      by: options + claims + [
        "-H", "X-Verified: false", "-H", "X-Forwarded-For: 198.51.100.1", "-H", "Forwarded: for=198.51.100.1",
        "-H", "X-Forwarded-Proto: gopher", "-H", "X-Forwarded-Host: evil.example",
      ])
    #expect(status == "200")
    let seen = try #require(try seen().last)
    #expect(seen.path == "/vesicash")
    #expect(seen.xVerified == ["true"])
    #expect(seen.xForwardedFor == ["127.0.0.2, 127.0.0.1"])
    #expect(seen.xForwardedProto == ["https"])
    #expect(!seen.forwarded.joined().contains("198.51.100.1"))
    #expect(seen.xForwardedHost.count == 1 && seen.xForwardedHost[0].hasPrefix(FrontTests.host))
    #expect(deleted.isDisjoint(with: seen.names), "\(deleted.intersection(seen.names))")
    #expect(seen.bodyBytes == body.count)
    let sum = try await sandbox.run(["sha256sum", sandbox.folder.path + "/body"]).text
    #expect(sum.hasPrefix(seen.sha256))
    try await sandbox.wait("the delivery's line") {
      sandbox.read("gateway.log").contains(#/outcome=forwarded .*remote=127\.0\.0\.2 /#)
    }
  }

  /// Posts as a sender at 127.0.0.2 would, and gives the status.
  private func post(
    _ body: Data, signedOver signed: Data, by options: [String], to target: String = "/webhooks/vesicash"
  ) async throws -> String {
    let path = try sandbox.write(body, to: "body")
    let timestamp = String(Int(Date().timeIntervalSince1970))
    let message = try sandbox.write(Data("\(timestamp).".utf8) + signed, to: "message")
    let digest = try await sandbox.run(["openssl", "dgst", "-sha256", "-hmac", "the secret", "-r", message])
    let signature = try #require(digest.text.split(separator: " ").first)
    let outcome = try await sandbox.run(
      [
        "curl", "-sS", "--noproxy", "*", "--max-time", "60", "--interface", "127.0.0.2",
        "--cacert", sandbox.folder.path + "/cert.pem", "--resolve", "\(FrontTests.host):\(port):127.0.0.1",
        "-o", "/dev/null", "-w", "%{http_code}", "-H", "mor-timestamp: \(timestamp)",
        "-H", "mor-signature: \(signature)", "-H", "Content-Type: application/json",
        "--data-binary", "@\(path)",
      ] + options + ["https://\(FrontTests.host):\(port)\(target)"])
    return outcome.text
  }

  private func seen() throws -> [Seen] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try sandbox.read("app.log").split(separator: "\n").filter { $0.contains("sha256") }.map {
      try decoder.decode(Seen.self, from: Data($0.utf8))
    }
  }

  // MARK: The programs

  private func startAll(_ front: Front) async throws {
    let app = Document.root.appending(path: "scripts/demo-app.py").path
    let appPort = try #require(sandbox.moved("127.0.0.1:8000").split(separator: ":").last)
    try sandbox.start(["python3", app, String(appPort)], log: "app.log")
    try await sandbox.wait(for: "listening", in: "app.log")
    try sandbox.write("the secret\n", to: "etc/vesigate/secrets/vesicash")
    let config = try #require(Document("docs/fronts.md").blocks("yaml").first)
    let path = try sandbox.write(sandbox.moved(config), to: "vesigate.yaml")
    try sandbox.start([Sandbox.vesigate, "run", "--config", path], log: "gateway.log")
    try await sandbox.wait(for: "msg=ready", in: "gateway.log")
    try await makeCertificate()
    try front.start(in: sandbox, port: port)
    try await answers()
  }

  private func makeCertificate() async throws {
    let folder = sandbox.folder.path
    let made = try await sandbox.run([
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
      "2",
      "-subj", "/CN=\(FrontTests.host)", "-addext", "subjectAltName=DNS:\(FrontTests.host)",
      "-keyout", folder + "/key.pem", "-out", folder + "/cert.pem",
    ])
    try #require(made.status == 0, "\(made.text)")
    try sandbox.write(sandbox.read("cert.pem") + sandbox.read("key.pem"), to: "front.pem")
  }

  private func answers() async throws {
    for _ in 0..<600 {
      // By its name: Caddy knows no other.
      let options = ["-sk", "--noproxy", "*", "--resolve", "\(FrontTests.host):\(port):127.0.0.1"]
      let url = "https://\(FrontTests.host):\(port)/"
      if try await sandbox.run(["curl"] + options + ["-o", "/dev/null", url]).status == 0 { return }
      try await Task.sleep(for: .milliseconds(100))
    }
    throw Sandbox.Failure("the front does not answer: \(sandbox.read("front.log"))")
  }
}
