import Foundation
import TestSupport
import Testing

/// A server that apps are run by: how it is started, and what it cannot do.
///
/// All apps keep one agreement. They answer by the last part of the path: `early413` and the like before they read
/// the body, `bare` by 204, `unchanged` by 304, `chunked`, `closing` and `large` by blocks of 64 KiB, `interim` after a
/// 103, `trailers` with some; anything else by the body's HMAC, its length, and the port that it came from. Of that
/// they first write a line, after the number in `X-Witness`, to the file that WITNESS_FILE names; `dying` ends the
/// connection behind that.
struct AppServer: Sendable, CustomTestStringConvertible {
  enum Reload: Sendable {
    /// Without a moment in which nobody listens: this signal to the first of its processes. Where another could end it
    /// before it is done, it says so by a line.
    case signal(Int32, done: String? = nil)
    /// It knows none: it is ended by SIGTERM and started again.
    case again
  }

  let name: String
  /// The shortest time for which it can be told to keep connections; nil where it closes each.
  var keepAliveSeconds: Double?
  /// What it has no way to do, and why.
  var lacks: [Behaviour: String] = [:]
  var reload = Reload.again
  /// The upstream as the gateway's configuration has it.
  var upstream: @Sendable (AppPlace) -> String = { "\"http://127.0.0.1:\($0.port)/app/\"" }
  /// The first of what is started takes the connections.
  let start: @Sendable (AppPlace) throws -> [PeerServer]

  var testDescription: String { name }

  static let all = [
    gunicornSync, gunicornUnix, gunicornThreads, uvicorn, node, nginxPHP, plainPHP, puma, go, goTLS,
    apachePHP,
    bare, bareTLS,
  ]
}

/// What an app has of its own while it runs.
struct AppPlace: Sendable {
  let directory: TemporaryDirectory
  let port: UInt16
  let keepAliveSeconds: Double

  var keepAliveMilliseconds: Int { Int(keepAliveSeconds * 1000) }

  private static let folder = #filePath.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/Apps/"

  /// The path of a copy that the app's user can read.
  func copy(of name: String) throws -> String {
    try directory.write(name, String(contentsOfFile: AppPlace.folder + name, encoding: .utf8))
  }

  static func source(_ name: String) -> String { folder + name }

  /// The upstream of an app over TLS.
  var https: String { "{url: \"https://127.0.0.1:\(port)/app/\", ca-file: \(directory.path)/ca.pem}" }

  /// The paths of copies, beside that of their authority.
  func certificateAndKey() throws -> [String] {
    let certificates = try Certificates.shared.get()
    for name in ["ca.pem", "server.pem", "server.key"] {
      try directory.write(name, String(contentsOfFile: certificates.path(name), encoding: .utf8))
    }
    return ["server.pem", "server.key"].map { directory.path + "/" + $0 }
  }

  /// A socket that servers listen on which are told to.
  var socket: String { directory.path + "/app.sock" }

  func server(_ command: [String], package: String) throws -> PeerServer {
    try PeerServer(
      command, package: package, needs: "apps", in: directory,
      environment: ["WITNESS_FILE": directory.path + "/seen", "PYTHONDONTWRITEBYTECODE": "1"])
  }
}
