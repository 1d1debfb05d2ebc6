import Foundation

/// An application in Python's standard library, over TLS where it has a certificate: it shares no line with
/// the gateway or its fixtures, and tells what it saw.
public final class PythonWitness: Sendable {
  public let port: UInt16
  private let child: ChildProcess

  public struct Request: Sendable, Decodable {
    public let method: String
    public let target: String
    public let headers: [[String]]
    public let bodyHex: String
    /// The subject of the client's certificate, if it showed one.
    public let client: String?
  }

  /// PEM files; with `clientCA` a client must show a certificate that it signed.
  public init(certificate: String? = nil, key: String? = nil, clientCA: String? = nil) throws {
    child = try ChildProcess(
      [
        "/usr/bin/env", "python3", "-u", "-c", PythonWitness.script, certificate ?? "", key ?? "",
        clientCA ?? "",
      ],
      environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
    let line = try child.waitForLine(containing: "port ", within: 30)
    guard let number = UInt16(line.dropFirst("port ".count)) else { throw FixtureError(line) }
    port = number
  }

  public var requests: [Request] {
    child.lines.compactMap { line in
      guard line.hasPrefix("{") else { return nil }
      return try? JSONDecoder().decode(Request.self, from: Data(line.utf8))
    }
  }

  /// Of failed handshakes above all.
  public var lines: [String] { child.lines }

  private static let script = """
    import http.server, json, ssl, sys
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            peer = getattr(self.connection, "getpeercert", lambda: None)()
            client = None
            if peer: client = ",".join("=".join(pair) for part in peer["subject"] for pair in part)
            print(json.dumps({"method": self.command, "target": self.path, "client": client,
                "headers": list(self.headers.items()), "bodyHex": body.hex()}))
            self.send_response(200)
            self.send_header("Content-Length", "7")
            self.end_headers()
            self.wfile.write(b"witness")
        do_PUT = do_POST
        def log_message(self, *rest): pass
    class Server(http.server.ThreadingHTTPServer):
        # Deeper than what a burst of connections can fill.
        request_queue_size = 512
        def handle_error(self, request, address): print("failed", sys.exc_info()[1])
    server = Server(("127.0.0.1", 0), Handler)
    certificate, key, authority = sys.argv[1:4]
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        if authority:
            context.load_verify_locations(authority)
            context.verify_mode = ssl.CERT_REQUIRED
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    print("port", server.server_address[1])
    server.serve_forever()
    """
}
