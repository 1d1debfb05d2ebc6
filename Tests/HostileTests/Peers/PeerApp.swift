import Foundation
import TestSupport

/// An application behind a server that other people wrote. It keeps a line for each request, as its server
/// understood it; whether the signature is right it reckons itself.
final class PeerApp {
  enum Kind: String, Sendable, CaseIterable {
    /// WSGI under gunicorn, which keeps connections open.
    case gunicorn
    /// PHP under php-fpm, behind nginx, which is told to pass on every name that it can.
    case php
  }

  let port: UInt16
  private let directory: TemporaryDirectory
  private let servers: [PeerServer]
  private let seen: String

  init(_ kind: Kind) throws {
    directory = try TemporaryDirectory()
    port = try FreePort.take()
    seen = try directory.write("seen", "")
    switch kind {
    case .gunicorn: servers = [try PeerApp.gunicorn(directory, port)]
    case .php: servers = try PeerApp.php(directory, port)
    }
  }

  /// All requests so far, in order.
  var sightings: [Sighting] {
    get throws {
      let data = try Data(contentsOf: URL(fileURLWithPath: seen))
      return try data.split(separator: 10).map { try JSONDecoder().decode(Sighting.self, from: $0) }
    }
  }

  /// How many there were so far.
  var count: Int { (FileManager.default.contents(atPath: seen) ?? Data()).count { $0 == 10 } }

  // MARK: gunicorn

  private static func environment(_ directory: TemporaryDirectory) -> [String: String] {
    [
      "WITNESS_FILE": directory.path + "/seen", "WITNESS_SECRET": GatewayProcess.secret,
      "PYTHONDONTWRITEBYTECODE": "1",
    ]
  }

  private static func gunicorn(_ directory: TemporaryDirectory, _ port: UInt16) throws -> PeerServer {
    try directory.write("witness.py", wsgi)
    let server = try PeerServer(
      [
        "gunicorn", "--bind", "127.0.0.1:\(port)", "--worker-class", "gthread", "--threads", "4",
        "--keep-alive", "30", "--graceful-timeout", "1", "--worker-tmp-dir", directory.path,
        "--chdir", directory.path, "witness:application",
      ], package: "gunicorn", in: directory, environment: environment(directory))
    try server.wait(forPort: port)
    return server
  }

  private static let wsgi = """
    import hashlib, hmac, json, os
    def application(environ, start_response):
        body = environ["wsgi.input"].read()
        fields = {k: v for k, v in environ.items() if k.startswith("HTTP_") or k == "CONTENT_LENGTH"}
        time, given, genuine = fields.get("HTTP_MOR_TIMESTAMP"), fields.get("HTTP_MOR_SIGNATURE"), None
        if time and given:
            signed = time.encode("latin-1") + b"." + body
            genuine = hmac.new(os.environb[b"WITNESS_SECRET"], signed, "sha256").hexdigest() == given
        line = json.dumps({"fields": fields, "bytes": len(body), "genuine": genuine,
            "sha256": hashlib.sha256(body).hexdigest()}) + "\\n"
        with open(os.environ["WITNESS_FILE"], "ab", 0) as file: file.write(line.encode())
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]
    """

  // MARK: PHP

  private static func php(_ directory: TemporaryDirectory, _ port: UInt16) throws -> [PeerServer] {
    let socket = directory.path + "/fpm.sock"
    let script = try directory.write("witness.php", php)
    let pool = try directory.write("fpm.conf", pool(socket, log: directory.path + "/fpm.log"))
    let configuration = try directory.write(
      "nginx.conf",
      PeerNginx.text(
        directory, port,
        location: """
          fastcgi_pass unix:\(socket);
          fastcgi_param SCRIPT_FILENAME \(script);
          fastcgi_param REQUEST_METHOD $request_method;
          fastcgi_param REQUEST_URI $request_uri;
          fastcgi_param SERVER_PROTOCOL $server_protocol;
          fastcgi_param CONTENT_TYPE $content_type;
          fastcgi_param CONTENT_LENGTH $content_length;
          """))
    let fpm = try PeerServer(
      ["php-fpm*", "-n", "--nodaemonize", "--fpm-config", pool], package: "php-fpm", in: directory,
      environment: environment(directory))
    try fpm.wait { (try? RawClient(unixPath: socket)) != nil }
    let nginx = try PeerNginx.start(configuration, in: directory, port)
    return [nginx, fpm]
  }

  private static func pool(_ socket: String, log: String) -> String {
    """
    [global]
    error_log = \(log)
    [witness]
    listen = \(socket)
    pm = static
    pm.max_children = 2
    clear_env = no
    php_admin_flag[enable_post_data_reading] = off
    """
  }

  private static let php = #"""
    <?php
    $body = file_get_contents('php://input');
    $isField = fn($name) => str_starts_with($name, 'HTTP_') || $name === 'CONTENT_LENGTH';
    $fields = array_filter($_SERVER, $isField, ARRAY_FILTER_USE_KEY);
    [$time, $given] = [$fields['HTTP_MOR_TIMESTAMP'] ?? '', $fields['HTTP_MOR_SIGNATURE'] ?? ''];
    $right = hash_hmac('sha256', "$time.$body", getenv('WITNESS_SECRET'));
    $line = json_encode([
        'fields' => $fields, 'headers' => getallheaders(), 'bytes' => strlen($body),
        'genuine' => $time === '' || $given === '' ? null : hash_equals($right, $given),
        'sha256' => hash('sha256', $body),
    ], JSON_INVALID_UTF8_SUBSTITUTE | JSON_THROW_ON_ERROR);
    file_put_contents(getenv('WITNESS_FILE'), "$line\n", FILE_APPEND | LOCK_EX);
    echo 'ok';
    """#
}
