import Foundation
import TestSupport

/// nginx as an upstream, which takes whatever names it can.
enum PeerNginx {
  /// A complete nginx.conf with one location for everything.
  static func text(
    _ directory: TemporaryDirectory, _ port: UInt16, location: String, log: String = "access_log off;"
  ) -> String {
    """
    pid \(directory.path)/nginx.pid;
    error_log stderr warn;
    events { worker_connections 1024; }
    http {
      \(temporaryPaths(directory))
      \(log)
      underscores_in_headers on;
      ignore_invalid_headers off;
      keepalive_requests 1000000;
      client_max_body_size 8m;
      server {
        listen 127.0.0.1:\(port);
        location / {
      \(location)
        }
      }
    }
    """
  }

  /// Debian's are root's.
  static func temporaryPaths(_ directory: TemporaryDirectory) -> String {
    ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
      "\($0)_temp_path \(directory.path)/\($0);"
    }.joined(separator: "\n")
  }

  /// One process, with no master that could leave a worker behind.
  static func start(_ path: String, in directory: TemporaryDirectory, _ port: UInt16) throws -> PeerServer {
    let server = try PeerServer(
      ["nginx", "-p", directory.path, "-c", path, "-e", "stderr", "-g", "daemon off; master_process off;"],
      package: "nginx", in: directory)
    try server.wait(forPort: port)
    return server
  }
}

/// nginx by itself, which answers 200 and logs how it took the bytes apart.
final class PlainNginx {
  struct Request: Sendable, Decodable {
    let status: String
    let request: String
    let length: String
    let coding: String
    let mark: String
    /// The how many-th on its connection.
    let turn: String
  }

  let port: UInt16
  private let directory: TemporaryDirectory
  private let server: PeerServer

  init() throws {
    directory = try TemporaryDirectory()
    port = try FreePort.take()
    let seen = directory.path + "/seen"
    let fields = [
      "status": "status", "request": "request", "length": "content_length",
      "coding": "http_transfer_encoding",
      "mark": "http_x_verified", "turn": "connection_requests",
    ]
    let format = fields.map { "\"\($0)\":\"$\($1)\"" }.sorted().joined(separator: ",")
    let text = PeerNginx.text(
      directory, port, location: "return 200 ok;",
      log: "log_format witness escape=json '{\(format)}';\naccess_log \(seen) witness;")
    let path = try directory.write("nginx.conf", text)
    server = try PeerNginx.start(path, in: directory, port)
  }

  /// All requests so far; nginx writes one down a moment after its answer.
  var requests: [Request] {
    let data = FileManager.default.contents(atPath: directory.path + "/seen") ?? Data()
    return data.split(separator: 10).compactMap { try? JSONDecoder().decode(Request.self, from: $0) }
  }
}
