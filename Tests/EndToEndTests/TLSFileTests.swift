import Foundation
import TestSupport
import Testing

/// A file of TLS that cannot be used keeps `check`, a start and a reload from going on, as a secret file does.
@Suite(.ownThread) struct TLSFileTests {
  private let certificates: Certificates
  private let directory: TemporaryDirectory

  init() throws {
    certificates = try Certificates.shared.get()
    directory = try TemporaryDirectory()
    try directory.write("secret", GatewayProcess.secret + "\n")
  }

  /// Which of the three files is not as it should be, how, and what is said of it.
  struct Case: Sendable, CustomTestStringConvertible {
    let setting: String
    let content: Content
    let sentence: String
    var testDescription: String { "\(setting) \(content)" }
  }

  enum Content: Sendable {
    case none
    case folder
    case text(String)
    case cut(String, Int)
    case of(String)
    case encrypted(String)
  }

  static let cases: [Case] = [
    Case(setting: "ca-file", content: .none, sentence: "does not exist"),
    Case(setting: "ca-file", content: .folder, sentence: "is not a regular file"),
    Case(
      setting: "ca-file", content: .text(""),
      sentence: "holds no certificate (PEM, -----BEGIN CERTIFICATE-----)"),
    Case(
      setting: "ca-file", content: .text("nonsense"),
      sentence: "holds no certificate (PEM, -----BEGIN CERTIFICATE-----)"),
    Case(
      setting: "ca-file", content: .of("ca.key"),
      sentence: "holds no certificate (PEM, -----BEGIN CERTIFICATE-----)"),
    Case(
      setting: "ca-file", content: .cut("ca.pem", 300),
      sentence: "is cut off or broken: put the whole file there"),
    Case(setting: "client-certificate-file", content: .none, sentence: "does not exist"),
    Case(
      setting: "client-certificate-file", content: .text("nonsense"),
      sentence: "holds no certificate (PEM, -----BEGIN CERTIFICATE-----)"),
    Case(
      setting: "client-certificate-file", content: .cut("client.pem", 300),
      sentence: "is cut off or broken: put the whole file there"),
    Case(setting: "client-key-file", content: .none, sentence: "does not exist"),
    Case(
      setting: "client-key-file", content: .text("nonsense"),
      sentence: "holds no private key (PEM, -----BEGIN PRIVATE KEY-----)"),
    Case(
      setting: "client-key-file", content: .cut("client.key", 150),
      sentence: "is cut off or broken: put the whole file there"),
    Case(
      setting: "client-key-file", content: .of("server.key"),
      sentence: "is not the key of the certificate in client-certificate-file"),
    Case(
      setting: "client-key-file", content: .encrypted("client.key"),
      sentence: "is encrypted, and nobody could be asked for its password: openssl pkey writes it without one"
    ),
  ]

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: certificates.path(name), encoding: .utf8)
  }

  private func put(_ content: Content, _ name: String) throws {
    let path = directory.path + "/" + name
    try? FileManager.default.removeItem(atPath: path)
    switch content {
    case .none: break
    case .folder: try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    case .text(let text): try directory.write(name, text)
    case .cut(let whole, let bytes): try directory.write(name, String(try text(whole).prefix(bytes)))
    case .of(let other): try directory.write(name, try text(other))
    case .encrypted(let plain):
      let openssl = try ChildProcess(
        ["openssl", "pkey", "-in", certificates.path(plain), "-aes256", "-passout", "pass:x", "-out", path],
        environment: ["PATH": "/usr/bin:/bin"])
      #expect(openssl.waitForExit(within: 30) == 0)
    }
  }

  private func putSound() throws {
    try put(.of("ca.pem"), "ca-file")
    try put(.of("client.pem"), "client-certificate-file")
    try put(.of("client.key"), "client-key-file")
  }

  private func config(_ app: TLSApp? = nil) -> String {
    let files = ["ca-file", "client-certificate-file", "client-key-file"]
      .map { "        \($0): \(directory.path)/\($0)" }
    return """
      listen: 127.0.0.1:{port}
      routes:
        - path: /hook
          secret-file: \(directory.path)/secret
          upstreams:
            - url: "https://127.0.0.1:\(app?.port ?? 1)/"
      \(files.joined(separator: "\n"))

      """
  }

  @Test(arguments: cases)
  func `check and a start refuse a TLS file that no delivery could be sent with`(row: Case) throws {
    try putSound()
    let file = try directory.write("vesigate.yaml", config().replacing("{port}", with: "0"), mode: 0o644)
    try #require(try GatewayProcess.command(["check", "--config", file]).status == 0)
    try put(row.content, row.setting)
    let line = 7 + ["ca-file", "client-certificate-file", "client-key-file"].firstIndex(of: row.setting)!
    let column = 9 + row.setting.utf8.count + 2
    let path = "routes[0].upstreams[0].\(row.setting)"
    for command in ["check", "run"] {
      let (status, lines) = try GatewayProcess.command([command, "--config", file])
      #expect(status == 78)
      let wanted = "\(file):\(line):\(column) \(path): \(directory.path)/\(row.setting) \(row.sentence)"
      #expect(lines.contains { $0.contains(wanted) }, "\(lines)")
    }
  }

  @Test(arguments: cases)
  func `a reload refuses such a file, and deliveries go on as before`(row: Case) throws {
    try putSound()
    let app = try TLSApp(certificate: certificates.path("server.pem"), key: certificates.path("server.key"))
    let gateway = try GatewayProcess(config: config(app), directory: directory)
    try put(row.content, row.setting)
    let start = gateway.log.count
    gateway.signal(1)
    try gateway.waitForLog(containing: "reload refused", from: start)
    try gateway.waitForLog(containing: row.sentence, from: start)
    try putSound()
    #expect(try gateway.exchange(SignedRequest().bytes).status == 200)
  }

  @Test func `every broken file is told at once, and each at its own line`() throws {
    let file = try directory.write("vesigate.yaml", config().replacing("{port}", with: "0"), mode: 0o644)
    let (status, lines) = try GatewayProcess.command(["check", "--config", file])
    #expect(status == 78)
    for name in ["ca-file", "client-certificate-file", "client-key-file"] {
      #expect(lines.contains { $0.hasSuffix("\(directory.path)/\(name) does not exist") }, "\(lines)")
    }
  }

  @Test(.enabled(if: Machine.isRoot))
  func `a TLS file that the gateway's user may not read is a matter of permission`() throws {
    try putSound()
    let file = try directory.write("vesigate.yaml", config().replacing("{port}", with: "0"), mode: 0o644)
    for name in ["", "/secret", "/ca-file", "/client-certificate-file"] {
      try #require(chown(directory.path + name, 65_534, 65_534) == 0)
    }
    try #require(chmod(directory.path + "/client-key-file", 0o600) == 0)
    let child = try ChildProcess(
      [
        "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", try GatewayBinary.publicPath(),
        "check",
        "--config", file,
      ], environment: ["PATH": "/usr/bin:/bin"])
    #expect(child.waitForExit(within: 30) == 77)
    let wanted = "client-key-file: \(directory.path)/client-key-file may not be read by"
    #expect(child.lines.contains { $0.contains(wanted) }, "\(child.lines)")
  }

  @Test func `a certificate whose time is over is warned of`() throws {
    try putSound()
    for (setting, key) in [("ca-file", "ca.key"), ("client-certificate-file", "client.key")] {
      let openssl = try ChildProcess(
        [
          // Newer ones make no certificate that ends before it begins.
          "faketime", "3 days ago", "openssl", "x509", "-in", directory.path + "/" + setting, "-signkey",
          certificates.path(key), "-days", "1", "-out", directory.path + "/" + setting,
        ], environment: ["PATH": "/usr/bin:/bin"])
      try #require(openssl.waitForExit(within: 30) == 0, "\(openssl.lines)")
    }
    let file = try directory.write("vesigate.yaml", config().replacing("{port}", with: "0"), mode: 0o644)
    let (status, lines) = try GatewayProcess.command(["check", "--config", file])
    #expect(status == 0)
    for setting in ["ca-file", "client-certificate-file"] {
      #expect(lines.contains { $0.contains("\(setting): ") && $0.contains("has expired") }, "\(lines)")
    }
  }
}
