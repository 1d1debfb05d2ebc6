import Foundation

/// A server of Debian's that terminates TLS in front of vesigate, run by the file in `etc/`.
enum Front: String, CaseIterable, Sendable {
  case nginx
  case haproxy

  /// Where it is not installed the test is skipped, but not in CI, where it would never be missed.
  var isWanted: Bool {
    if ProcessInfo.processInfo.environment["CI"] == "true" { return true }
    return ["/usr/sbin/", "/usr/bin/", "/usr/local/sbin/"].contains {
      FileManager.default.isExecutableFile(atPath: $0 + rawValue)
    }
  }

  private var file: String {
    switch self {
    case .nginx: "etc/nginx-front.conf"
    case .haproxy: "etc/haproxy-front.cfg"
    }
  }

  /// The values marked with "adapt", and what they become here.
  private func adaptations(port: Int, folder: String) -> [(String, String)] {
    switch self {
    case .nginx:
      [
        ("/run/nginx-front.pid", "\(folder)/nginx.pid"),
        ("/var/log/nginx/front-error.log", "\(folder)/nginx-error.log"),
        ("listen 443 ssl;", "listen 127.0.0.1:\(port) ssl;"),
        ("/etc/ssl/vesigate/cert.pem", "\(folder)/cert.pem"),
        ("/etc/ssl/vesigate/key.pem", "\(folder)/key.pem"),
        // Debian's are root's.
        ("http {\n", "http {\n" + Front.temporaryPaths(folder)),
      ]
    case .haproxy:
      [("bind :443 ", "bind 127.0.0.1:\(port) "), ("/etc/ssl/vesigate/front.pem", "\(folder)/front.pem")]
    }
  }

  private static func temporaryPaths(_ folder: String) -> String {
    ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(folder)/\($0);\n" }.joined()
  }

  /// Writes the adapted file and starts the server by it.
  func start(in sandbox: Sandbox, port: Int) throws {
    var text = Document(file).text
    for (value, adapted) in adaptations(port: port, folder: sandbox.folder.path) {
      guard text.contains(value) else { throw Sandbox.Failure("\(file) has no \(value)") }
      text = text.replacing(value, with: adapted)
    }
    if self == .haproxy, getuid() != 0 {
      // These three need root.
      text = text.replacing(/(?m)^    (user|group|chroot) .*\n/, with: "")
    }
    let path = try sandbox.write(sandbox.moved(text), to: "front.conf", mode: 0o644)
    switch self {
    case .nginx:
      try sandbox.start(
        ["nginx", "-p", sandbox.folder.path, "-c", path, "-e", "stderr", "-g", "daemon off;"],
        log: "front.log")
    case .haproxy: try sandbox.start(["haproxy", "-db", "-f", path], log: "front.log")
    }
  }
}
