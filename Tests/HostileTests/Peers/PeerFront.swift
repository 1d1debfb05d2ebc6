import Foundation
import TestSupport

/// nginx or HAProxy before a gateway, run by the file in `etc/` that is shipped for it.
enum PeerFront: String, Sendable, CaseIterable {
  case nginx
  case haproxy

  static let host = "hooks.example.com"

  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private var file: String {
    switch self {
    case .nginx: "etc/nginx-front.conf"
    case .haproxy: "etc/haproxy-front.cfg"
    }
  }

  /// The values marked with "adapt", what needs root, and what they become here.
  private func adaptations(_ directory: TemporaryDirectory, _ port: UInt16, _ gateway: UInt16) -> [(
    String, String
  )] {
    switch self {
    case .nginx:
      [
        ("/run/nginx.pid", "\(directory.path)/nginx.pid"), ("user www-data;", ""),
        ("/var/log/nginx/error.log", "stderr"), ("listen 443 ssl;", "listen 127.0.0.1:\(port) ssl;"),
        ("/etc/ssl/vesigate/cert.pem", "\(directory.path)/cert.pem"),
        ("/etc/ssl/vesigate/key.pem", "\(directory.path)/key.pem"),
        ("http {\n", "http {\n\(PeerNginx.temporaryPaths(directory))\n"),
        ("server 127.0.0.1:8480;", "server 127.0.0.1:\(gateway);"),
      ]
    case .haproxy:
      [
        ("bind :443 ", "bind 127.0.0.1:\(port) "), ("    user haproxy\n", ""), ("    group haproxy\n", ""),
        ("    chroot /var/lib/haproxy\n", ""), ("/etc/ssl/vesigate/front.pem", "\(directory.path)/front.pem"),
        ("server vesigate 127.0.0.1:8480 ", "server vesigate 127.0.0.1:\(gateway) "),
      ]
    }
  }

  /// Starts it on `port` before a gateway, with a certificate for `host` of its own.
  func start(in directory: TemporaryDirectory, port: UInt16, gateway: UInt16) throws -> PeerServer {
    var text = try String(contentsOf: PeerFront.root.appending(path: file), encoding: .utf8)
    for (value, adapted) in adaptations(directory, port, gateway) {
      guard text.contains(value) else { throw FixtureError("\(file) has no \(value)") }
      text = text.replacing(value, with: adapted)
    }
    try PeerFront.makeCertificate(in: directory)
    let path = try directory.write("front.conf", text)
    if self == .nginx { return try PeerNginx.start(path, in: directory, port) }
    let server = try PeerServer(["haproxy", "-db", "-f", path], package: "haproxy", in: directory)
    try server.wait(forPort: port)
    return server
  }

  private static func makeCertificate(in directory: TemporaryDirectory) throws {
    let (key, certificate) = (directory.path + "/key.pem", directory.path + "/cert.pem")
    let made = try ChildProcess(
      [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
        "2",
        "-subj", "/CN=\(host)", "-addext", "subjectAltName=DNS:\(host)", "-keyout", key, "-out", certificate,
      ], environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
    guard made.waitForExit(within: 30) == 0 else { throw FixtureError(made.lines.joined(separator: "\n")) }
    let both = try [certificate, key].map { try String(contentsOfFile: $0, encoding: .utf8) }
    try directory.write("front.pem", both.joined())
  }
}

/// Says raw bytes over TLS as a sender at 127.0.0.2, by Python's `ssl`.
enum TLSSender {
  struct Answer: Sendable, Decodable {
    /// 0 where there was none.
    let status: Int
    let error: String?
  }

  /// Sends each case on a connection of its own, one after the other, and gives the answers.
  static func send(_ cases: [[UInt8]], to port: UInt16, in directory: TemporaryDirectory) throws -> [Answer] {
    let list = cases.map { $0.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }
    let path = try directory.write("cases", list.joined(separator: "\n") + "\n")
    let child = try ChildProcess(
      ["python3", "-u", "-c", script, String(port), directory.path + "/cert.pem", PeerFront.host, path],
      environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
    guard child.waitForExit(within: 240) == 0 else {
      throw FixtureError("the sender: \(child.lines.suffix(5).joined(separator: "\n"))")
    }
    return try child.lines.map { try JSONDecoder().decode(Answer.self, from: Data($0.utf8)) }
  }

  private static let script = """
    import http.client, json, socket, ssl, sys
    port, certificate, host, path = sys.argv[1:5]
    context = ssl.create_default_context(cafile=certificate)
    for line in open(path):
        status, error = 0, None
        try:
            plain = socket.create_connection(("127.0.0.1", int(port)), 30, ("127.0.0.2", 0))
            with plain, context.wrap_socket(plain, server_hostname=host) as connection:
                try: connection.sendall(bytes.fromhex(line.strip()))
                except OSError as failure: error = str(failure)
                response = http.client.HTTPResponse(connection, method="POST")
                response.begin()
                response.read()
                status = response.status
        except (OSError, http.client.HTTPException) as failure: error = repr(failure)
        print(json.dumps({"status": status, "error": error}))
    """
}
