import Foundation
import Testing

/// A server of Debian's that terminates TLS in front of vesigate, run by the file in `etc/`.
enum Front: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case nginx
  /// A site beside others, and a location in a site that is there: in what Debian's nginx.conf makes of them.
  case nginxSite
  case nginxLocation
  case haproxy
  case apache
  case caddy

  /// Where it is not installed the test is skipped, but not in CI, where it would never be missed.
  var isWanted: Bool {
    if ProcessInfo.processInfo.environment["CI"] == "true" { return true }
    return ["/usr/sbin/", "/usr/bin/", "/usr/local/sbin/"].contains {
      FileManager.default.isExecutableFile(atPath: $0 + program)
    }
  }

  private var program: String {
    switch self {
    case .nginx, .nginxSite, .nginxLocation: "nginx"
    case .haproxy: "haproxy"
    case .apache: "apache2"
    case .caddy: "caddy"
    }
  }

  /// As docs/fronts.md calls it.
  var file: String {
    switch self {
    case .nginx: "etc/nginx-front.conf"
    case .nginxSite: "etc/nginx-site.conf"
    case .nginxLocation: "etc/nginx-location.conf"
    case .haproxy: "etc/haproxy-front.cfg"
    case .apache: "etc/apache-front.conf"
    case .caddy: "etc/Caddyfile"
    }
  }

  var testDescription: String { file }

  /// Fields in a front's words that are no sender's to say, and do not go on behind this one.
  var deleted: Set<String> {
    func named(_ front: Front, _ pattern: Regex<(Substring, Substring)>) -> Set<String> {
      Set(Document(front.file).text.matches(of: pattern).map { $0.1.lowercased() })
        .subtracting(["connection", "forwarded"])
    }
    switch self {
    case .nginx, .nginxSite, .nginxLocation: return named(.nginxLocation, /proxy_set_header (\S+) "";/)
    case .apache: return named(.apache, /RequestHeader unset (\S+)/)
    // These two know prefixes.
    case .haproxy, .caddy: return Front.nginx.deleted.union(["x-forwarded-whatever"])
    }
  }

  /// The values marked with "adapt", and what they become here.
  private func adaptations(port: Int, folder: String) -> [(String, String)] {
    let certificate = [
      ("/etc/ssl/vesigate/cert.pem", "\(folder)/cert.pem"),
      ("/etc/ssl/vesigate/key.pem", "\(folder)/key.pem"),
    ]
    switch self {
    case .nginx:
      return certificate + [
        ("/run/nginx.pid", "\(folder)/nginx.pid"), ("/var/log/nginx/error.log", "\(folder)/nginx-error.log"),
        ("listen 443 ssl;", "listen 127.0.0.1:\(port) ssl;"),
        // Debian's are root's.
        ("http {\n", "http {\n" + Front.temporaryPaths(folder)),
      ]
    case .nginxSite:
      return certificate + [
        ("listen 443 ssl;", "listen 127.0.0.1:\(port) ssl;"),
        ("/etc/nginx/snippets/vesigate.conf", "\(folder)/snippet.conf"),
      ]
    case .nginxLocation: return []
    case .haproxy:
      return [
        ("bind :443 ", "bind 127.0.0.1:\(port) "), ("/etc/ssl/vesigate/front.pem", "\(folder)/front.pem"),
      ]
    case .apache: return certificate + [("*:443", "127.0.0.1:\(port)")]
    case .caddy:
      let site = "hooks.example.com:\(port) {\n\tbind 127.0.0.1\n\ttls \(folder)/cert.pem \(folder)/key.pem\n"
      return [("hooks.example.com {\n", site)]
    }
  }

  private static func temporaryPaths(_ folder: String) -> String {
    ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(folder)/\($0);\n" }.joined()
  }

  /// What the server is started by; the shipped file is in it, or is it.
  private func whole(_ text: String, port: Int, folder: String) throws -> String {
    switch self {
    case .nginx, .haproxy: return text
    case .nginxSite: return Front.nginxMain(text, folder)
    case .nginxLocation:
      let server = """
        server {
          listen 127.0.0.1:\(port) ssl;
          ssl_certificate \(folder)/cert.pem;
          ssl_certificate_key \(folder)/key.pem;
          location / { return 418; }
          \(text)
        }
        """
      return Front.nginxMain(server, folder)
    case .apache: return try Front.apacheMain(text, port, folder)
    case .caddy: return "{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + text
    }
  }

  /// As Debian's nginx.conf has it where it says anything.
  private static func nginxMain(_ site: String, _ folder: String) -> String {
    """
    pid \(folder)/nginx.pid;
    error_log stderr;
    events { worker_connections 768; }
    http {
      \(temporaryPaths(folder))
      sendfile on;
      tcp_nopush on;
      include /etc/nginx/mime.types;
      default_type application/octet-stream;
      access_log \(folder)/access.log;
      gzip on;
      \(site)
    }
    """
  }

  /// With the modules that Debian's Apache has by itself, and those that the file says.
  private static func apacheMain(_ site: String, _ port: Int, _ folder: String) throws -> String {
    guard let line = site.firstMatch(of: /a2enmod (.+)/) else { throw Sandbox.Failure("no a2enmod") }
    // What they depend on, as a2enmod would find out.
    let modules =
      ["mpm_event", "authz_core", "reqtimeout", "socache_shmcb"]
      + line.1.split(separator: " ").map(String.init)
    let user = getuid() == 0 ? "User www-data\nGroup www-data\n" : ""
    // a2enmod puts proxy before what stands on it.
    return modules.map { "LoadModule \($0)_module /usr/lib/apache2/modules/mod_\($0).so\n" }.joined() + user
      + """
      ServerName 127.0.0.1
      ServerRoot \(folder)
      DefaultRuntimeDir \(folder)
      Mutex file:\(folder)
      PidFile \(folder)/httpd.pid
      ErrorLog \(folder)/httpd.log
      Listen 127.0.0.1:\(port)
      \(site)
      """
  }

  /// Writes the adapted file and starts the server by it.
  func start(in sandbox: Sandbox, port: Int) throws {
    let folder = sandbox.folder.path
    var text = Document(file).text
    for (value, adapted) in adaptations(port: port, folder: folder) {
      guard text.contains(value) else { throw Sandbox.Failure("\(file) has no \(value)") }
      text = text.replacing(value, with: adapted)
    }
    if self == .haproxy, getuid() != 0 {
      // These three need root.
      text = text.replacing(/(?m)^    (user|group|chroot) .*\n/, with: "")
    }
    try sandbox.write(
      sandbox.moved(Document("etc/nginx-location.conf").text), to: "snippet.conf", mode: 0o644)
    let path = try sandbox.write(
      sandbox.moved(whole(text, port: port, folder: folder)), to: "front.conf", mode: 0o644)
    try sandbox.start(command(path, folder), log: "front.log")
  }

  private func command(_ path: String, _ folder: String) -> [String] {
    switch self {
    case .nginx, .nginxSite, .nginxLocation:
      ["nginx", "-p", folder, "-c", path, "-e", "stderr", "-g", "daemon off;"]
    case .haproxy: ["haproxy", "-db", "-f", path]
    case .apache: ["apache2", "-f", path, "-D", "FOREGROUND"]
    case .caddy:
      ["env", "XDG_DATA_HOME=\(folder)", "XDG_CONFIG_HOME=\(folder)"]
        + ["caddy", "run", "--config", path, "--adapter", "caddyfile"]
    }
  }
}
