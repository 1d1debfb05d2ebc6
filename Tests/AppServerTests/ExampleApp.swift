import Foundation
import TestSupport
import Testing

/// An app of `etc/examples`, and the programs that docs/apps.md starts it by: the first takes the connections, the last
/// does the work.
struct ExampleApp: Sendable, CustomTestStringConvertible {
  /// As docs/apps.md calls its commands.
  let name: String
  let file: String
  /// Debian's, which have what it runs on.
  let packages: String
  var runsByFPM = false

  var testDescription: String { name }

  static let all = [
    ExampleApp(name: "php -S", file: "webhook.php", packages: "php-cli and php-sqlite3"),
    ExampleApp(name: "php-fpm", file: "webhook.php", packages: "php-fpm and php-sqlite3", runsByFPM: true),
    ExampleApp(name: "Node", file: "node-http.js", packages: "nodejs"),
    ExampleApp(name: "Express", file: "node-express.js", packages: "node-express"),
    ExampleApp(name: "Flask", file: "flask_app.py", packages: "gunicorn and python3-flask"),
    ExampleApp(name: "Django", file: "django_app.py", packages: "gunicorn and python3-django"),
    ExampleApp(name: "FastAPI", file: "fastapi_app.py", packages: "python3-fastapi and python3-uvicorn"),
    ExampleApp(name: "Rack", file: "webhook.ru", packages: "puma and ruby-sqlite3"),
    ExampleApp(name: "Java", file: "Webhook.java", packages: "default-jdk-headless"),
  ]

  private static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: project.appending(path: path), encoding: .utf8)
  }

  /// The lines that docs/apps.md prints for it.
  func commands() throws -> [String] {
    let text = try Self.text("docs/apps.md")
    let fence = "\n```sh app \(runsByFPM ? "php -S" : name)\n"
    guard let start = text.range(of: fence), let end = text[start.upperBound...].range(of: "\n```") else {
      throw FixtureError("docs/apps.md does not say how \(name) is started")
    }
    return text[start.upperBound..<end.lowerBound].split(separator: "\n").map(String.init)
  }
}

/// One that runs. Its work writes into a pipe, so that it gets no further until the pipe is read.
final class RunningExample {
  let app: ExampleApp
  let payments: Payments
  private let directory: TemporaryDirectory
  private let port: UInt16
  private var processes: [PeerServer] = []

  private var folder: String { directory.path + "/state" }
  private var socket: String { folder + "/socket" }

  /// Where the gateway finds it.
  var upstream: String {
    usesSocket ? "unix:\(socket):/vesicash" : "http://127.0.0.1:\(port)/vesicash"
  }

  private let usesSocket: Bool

  init(_ app: ExampleApp) throws {
    self.app = app
    usesSocket = try app.commands()[0].contains("/run/shop/socket")
    directory = try TemporaryDirectory()
    port = try FreePort.take()
    try directory.write(app.file, try ExampleApp.text("etc/examples/" + app.file), mode: 0o644)
    // What is in there is the app's alone: it comes and goes.
    try FileManager.default.createDirectory(
      atPath: directory.path + "/state", withIntermediateDirectories: false)
    payments = try Payments(directory.path + "/state/payments.txt")
    if Machine.isRoot {
      for name in ["", "/payments.txt"] { chown(directory.path + "/state" + name, 65_534, 65_534) }
    }
    processes = try commands().map(start)
    try processes[0].wait { (try? connect()) != nil }
  }

  /// An end without a word of what does the work, which then begins where it was.
  func killAndStartAgain() throws {
    let last = processes.removeLast()
    last.signal(SIGKILL)
    last.terminate()
    processes.append(try start(try commands().last!))
    try processes[0].wait { (try? connect()) != nil }
  }

  func connect() throws -> RawClient {
    try usesSocket ? RawClient(unixPath: socket) : RawClient(port: port)
  }

  /// What it answers to one who reaches it by another way than vesigate.
  func direct(_ lines: [String], _ body: String) throws -> Int {
    let client = try connect()
    let request = SignedRequest(body).with {
      $0.target = "/vesicash"
      $0.lines = ["Host: 127.0.0.1", "Content-Type: application/json"] + lines
    }
    try client.send(request.bytes)
    return try client.response(within: 30).status
  }

  /// Whether nobody can connect who is not on this machine: the kernel's list of what listens on its port.
  func isOnLoopbackOnly() throws -> Bool {
    if usesSocket { return true }
    // The kernel's list may leave out a row while others come and go: an empty one says nothing.
    guard eventually(within: 20, { self.listening?.isEmpty == false }) else { return false }
    return listening?.allSatisfy {
      $0.hasPrefix("0100007F:") || $0.hasPrefix("0000000000000000FFFF00000100007F:")
    } ?? false
  }

  private var listening: [Substring]? {
    let wanted = ":" + String(port, radix: 16, uppercase: true)
    let tables = try? ["tcp", "tcp6"].map { try String(contentsOfFile: "/proc/net/\($0)", encoding: .utf8) }
    let rows = tables?.joined().split(separator: "\n").map { $0.split(separator: " ") }
    return rows?.filter { $0.count > 3 && $0[1].hasSuffix(wanted) && $0[3] == "0A" }.map { $0[1] }
  }

  var lines: [String] { processes.flatMap { $0.lines.suffix(8) } }

  // MARK: Its programs

  private func commands() throws -> [String] {
    let printed = try app.commands().map {
      $0.replacing("127.0.0.1:8000", with: "127.0.0.1:\(port)").replacing(
        "--port 8000", with: "--port \(port)"
      )
      .replacing("/run/shop/socket", with: socket)
    }
    return app.runsByFPM ? [try nginx(), try fpm(), printed[1]] : printed
  }

  private func start(_ command: String) throws -> PeerServer {
    let words = command.split(separator: " ").map(String.init)
    let isFPM = words[0].hasPrefix("php-fpm")
    return try PeerServer(
      (isFPM ? [] : ["env", "--chdir=\(directory.path)"]) + words, package: app.packages, needs: "apps",
      in: directory,
      environment: [
        "STATE_DIRECTORY": folder, "PORT": String(port), "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        // Where Debian's packages of Node's modules are, whoever's Node it is.
        "NODE_PATH": "/usr/share/nodejs",
      ])
  }

  private func fpm() throws -> String {
    let settings = try directory.write(
      "fpm.conf",
      """
      [global]
      error_log = \(folder)/fpm.log
      [shop]
      listen = \(folder)/fpm.sock
      pm = static
      pm.max_children = 2

      """)
    return "php-fpm* --nodaemonize --fpm-config \(settings)"
  }

  /// The site that is shipped, in a configuration as nginx's is by default.
  private func nginx() throws -> String {
    var site = try ExampleApp.text("etc/nginx-php-fpm.conf")
    let adapted = [
      ("listen 127.0.0.1:8000;", "listen 127.0.0.1:\(port);"),
      ("/run/php/php-fpm.sock", "\(folder)/fpm.sock"),
      ("/srv/shop/webhook.php", "\(directory.path)/webhook.php"),
      ("STATE_DIRECTORY /var/lib/shop", "STATE_DIRECTORY \(folder)"),
    ]
    for (value, new) in adapted {
      guard site.contains(value) else { throw FixtureError("etc/nginx-php-fpm.conf has no \(value)") }
      site = site.replacing(value, with: new)
    }
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    let path = try directory.write(
      "nginx.conf",
      """
      pid \(folder)/nginx.pid;
      error_log stderr warn;
      daemon off;
      events {}
      http {
        \(kinds.map { "\($0)_temp_path \(folder)/\($0);" }.joined(separator: " "))
        \(site)
      }
      """)
    return "nginx -p \(folder) -e stderr -c \(path)"
  }
}

/// The file that the apps' work writes its lines to, as a pipe: whoever opens it waits until it is read.
final class Payments {
  private let path: String
  private var descriptor: Int32 = -1
  private var text: [UInt8] = []

  init(_ path: String) throws {
    self.path = path
    guard mkfifo(path, 0o600) == 0 else { throw FixtureError("mkfifo: \(String(cString: strerror(errno)))") }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// From now on the work goes on.
  func open() throws {
    descriptor = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { throw FixtureError("\(path): \(String(cString: strerror(errno)))") }
  }

  /// How often the work was done for what has this reference.
  func count(of reference: String) -> Int {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      guard count > 0 else { break }
      text += chunk[..<count]
    }
    return String(decoding: text, as: UTF8.self).split(separator: "\n").count { $0.contains(reference) }
  }
}
