/// Two authorities, a server's and a client's certificate, made by openssl.
public final class Certificates: Sendable {
  public let directory: TemporaryDirectory

  /// Made once: keys take a while.
  public static let shared = Result { try Certificates() }

  init() throws {
    directory = try TemporaryDirectory()
    try authority("ca")
    try authority("other-ca")
    try certificate("server", subjectAlternativeName: "IP:127.0.0.1", signedBy: "ca")
    try certificate("misnamed", subjectAlternativeName: "DNS:elsewhere.test,IP:127.0.0.2", signedBy: "ca")
    try certificate("client", subjectAlternativeName: "DNS:gateway.test", signedBy: "ca")
    try certificate("next-client", subjectAlternativeName: "DNS:gateway.test", signedBy: "ca")
  }

  /// The path of `NAME.pem` or `NAME.key`.
  public func path(_ name: String) -> String { directory.path + "/" + name }

  private func authority(_ name: String) throws {
    try openssl(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
      "/CN=\(name)", "-keyout", path(name + ".key"), "-out", path(name + ".pem"))
  }

  private func certificate(
    _ name: String, subjectAlternativeName: String, signedBy authority: String
  ) throws {
    try openssl(
      "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)",
      "-keyout",
      path(name + ".key"), "-out", path(name + ".csr"))
    try directory.write(name + ".ext", "subjectAltName=\(subjectAlternativeName)\n")
    try openssl(
      "x509", "-req", "-in", path(name + ".csr"), "-CA", path(authority + ".pem"), "-CAkey",
      path(authority + ".key"), "-CAcreateserial", "-days", "2", "-extfile", path(name + ".ext"), "-out",
      path(name + ".pem"))
  }

  private func openssl(_ arguments: String...) throws {
    let child = try ChildProcess(
      ["openssl"] + arguments, environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
    guard child.waitForExit(within: 30) == 0 else {
      throw FixtureError("openssl \(arguments): \(child.lines.joined(separator: "\n"))")
    }
  }
}
