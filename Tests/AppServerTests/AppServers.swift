import Foundation
import TestSupport

extension AppServer {
  private static let none: [Behaviour: String] = [.interim: "none", .trailers: "none", .padded: "none"]

  // MARK: Python

  private static let noneOfWSGI = none.merging([.closing: "chunked instead", .large: "not tried"]) { $1 }

  static let gunicornSync = AppServer(
    name: "gunicorn, sync", lacks: noneOfWSGI, reload: .signal(SIGHUP)
  ) { try gunicorn($0, ["--bind", "127.0.0.1:\($0.port)", "--worker-class", "sync", "--workers", "2"]) }

  static let gunicornUnix = AppServer(
    name: "gunicorn, unix",
    lacks: noneOfWSGI.merging([.kept: "unseen"]) { $1 }, reload: .signal(SIGHUP),
    upstream: { "\"unix:\($0.socket):/app/\"" }
  ) { try gunicorn($0, ["--bind", "unix:\($0.socket)", "--worker-class", "sync", "--workers", "2"]) }

  static let gunicornThreads = AppServer(
    name: "gunicorn, gthread", keepAliveSeconds: 1, lacks: noneOfWSGI, reload: .signal(SIGHUP)
  ) {
    let keepAlive = String(Int($0.keepAliveSeconds))
    let kind = ["--worker-class", "gthread", "--threads", "16", "--workers", "2", "--keep-alive", keepAlive]
    return try gunicorn($0, ["--bind", "127.0.0.1:\($0.port)"] + kind)
  }

  private static func gunicorn(_ place: AppPlace, _ settings: [String]) throws -> [PeerServer] {
    _ = try place.copy(of: "wsgi.py")
    let folder = place.directory.path
    let command =
      ["gunicorn", "--graceful-timeout", "5"] + settings + [
        "--worker-tmp-dir", folder, "--chdir", folder, "wsgi:application",
      ]
    return [try place.server(command, package: "gunicorn")]
  }

  static let uvicorn = AppServer(
    name: "uvicorn", keepAliveSeconds: 0.2, lacks: noneOfWSGI.merging([.dying: "none"]) { $1 }
  ) { place in
    let command = [
      "python3", try place.copy(of: "asgi.py"), String(place.port), String(place.keepAliveSeconds),
    ]
    return [try place.server(command, package: "python3-uvicorn")]
  }

  // MARK: JavaScript, Ruby, Go

  static let node = AppServer(name: "Node", keepAliveSeconds: 0.2, lacks: [.padded: "none"]) { place in
    let command = [
      "node", try place.copy(of: "app.js"), String(place.port), String(place.keepAliveMilliseconds),
    ]
    return [try place.server(command, package: "nodejs")]
  }

  static let puma = AppServer(
    name: "Puma", keepAliveSeconds: 1,
    lacks: [.trailers: "none", .padded: "none", .large: "not tried"],
    reload: .signal(SIGUSR2, done: "Use Ctrl-C to stop")
  ) { place in
    let settings = try place.directory.write(
      "puma.rb",
      """
      bind "tcp://127.0.0.1:\(place.port)"
      threads 16, 16
      persistent_timeout \(Int(place.keepAliveSeconds))
      early_hints true
      quiet
      """)
    return [try place.server(["puma", "-C", settings, try place.copy(of: "app.ru")], package: "puma")]
  }

  static let go = AppServer(name: "Go", keepAliveSeconds: 0.2, lacks: [.padded: "none"]) { place in
    let command = [try GoProgram.app.get().path, String(place.port), String(place.keepAliveMilliseconds)]
    return [try place.server(command, package: "golang-go")]
  }

  /// Which would rather speak HTTP/2.
  static let goTLS = AppServer(
    name: "Go, TLS", keepAliveSeconds: 0.2, lacks: [.padded: "none"],
    upstream: \.https
  ) { place in
    let numbers = [String(place.port), String(place.keepAliveMilliseconds)]
    let command = [try GoProgram.app.get().path] + numbers + (try place.certificateAndKey())
    return [try place.server(command, package: "golang-go")]
  }

  // MARK: PHP

  private static let noneOfPHP =
    [
      .interim: "none", .padded: "none", .large: "not tried", .dying: "none",
    ] as [Behaviour: String]

  static let plainPHP = AppServer(
    name: "php -S", lacks: noneOfPHP.merging([.trailers: "none", .chunked: "closing instead"]) { $1 }
  ) { place in
    let command = [
      "php", "-n", "-d", "enable_post_data_reading=0", "-S", "127.0.0.1:\(place.port)",
      try place.copy(of: "app.php"),
    ]
    return [try place.server(command, package: "php-cli")]
  }

  static let nginxPHP = AppServer(
    name: "nginx, php-fpm", keepAliveSeconds: 0.2, lacks: noneOfPHP, reload: .signal(SIGHUP)
  ) { place in
    let fpm = try PHPWorkers.start(place)
    let path = try place.directory.write("nginx.conf", nginx(place))
    let command = ["nginx", "-p", place.directory.path, "-c", path, "-e", "stderr", "-g", "daemon off;"]
    return [try place.server(command, package: "nginx"), fpm]
  }

  private static func nginx(_ place: AppPlace) -> String {
    let folder = place.directory.path
    let names = [
      "REQUEST_METHOD $request_method", "REQUEST_URI $request_uri", "CONTENT_LENGTH $content_length",
      "REMOTE_PORT $remote_port", "SCRIPT_FILENAME \(folder)/app.php",
    ]
    let pass = (["fastcgi_pass unix:\(PHPWorkers.socket(place))"] + names.map { "fastcgi_param \($0)" })
      .joined(separator: "; ")
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    return """
      pid \(folder)/nginx.pid;
      worker_processes 2;
      error_log stderr warn;
      events { worker_connections 256; }
      http {
        \(kinds.map { "\($0)_temp_path \(folder)/\($0);" }.joined(separator: " "))
        access_log off;
        client_max_body_size 8m;
        keepalive_timeout \(place.keepAliveMilliseconds)ms;
        server {
          listen 127.0.0.1:\(place.port);
          location / { \(pass); }
          location /app/early413 { client_max_body_size 1m; \(pass); }
          location /app/early200 { default_type text/plain; return 200 early; }
          location /app/closing { chunked_transfer_encoding off; \(pass); }
          location /app/trailers { add_trailer X-Sum done; \(pass); }
        }
      }
      """
  }

  static let apachePHP = AppServer(
    name: "Apache, php-fpm", keepAliveSeconds: 0.2,
    lacks: noneOfPHP.merging([.trailers: "none"]) { $1 }, reload: .signal(SIGUSR1)
  ) { place in
    let fpm = try PHPWorkers.start(place)
    let path = try place.directory.write("httpd.conf", apache(place))
    let command = ["apache2", "-f", path, "-D", "FOREGROUND"]
    return [try place.server(command, package: "apache2"), fpm]
  }

  private static func apache(_ place: AppPlace) -> String {
    let folder = place.directory.path
    let modules = ["mpm_event", "authz_core", "setenvif", "proxy", "proxy_fcgi"]
    return """
      \(modules.map { "LoadModule \($0)_module /usr/lib/apache2/modules/mod_\($0).so" }.joined(separator: "\n"))
      ServerName 127.0.0.1
      ServerRoot \(folder)
      DefaultRuntimeDir \(folder)
      Mutex file:\(folder)
      PidFile \(folder)/httpd.pid
      ErrorLog \(folder)/httpd.log
      Listen 127.0.0.1:\(place.port)
      KeepAlive On
      KeepAliveTimeout \(place.keepAliveMilliseconds)ms
      MaxKeepAliveRequests 0
      GracefulShutdownTimeout 5
      SetEnvIf Request_URI /closing$ downgrade-1.0 force-response-1.0 nokeepalive
      <Location /app/early413>
        LimitRequestBody 1048576
      </Location>
      <LocationMatch .*>
        SetHandler "proxy:unix:\(PHPWorkers.socket(place))|fcgi://localhost/"
        ProxyFCGISetEnvIf true SCRIPT_FILENAME \(folder)/app.php
      </LocationMatch>
      <Proxy "fcgi://localhost/" flushpackets=on>
      </Proxy>
      """
  }

  // MARK: By hand

  static let bare = AppServer(
    name: "by hand", keepAliveSeconds: 0.2, lacks: [.large: "not tried"]
  ) { place in
    let command = [
      "python3", try place.copy(of: "bare.py"), String(place.port), String(place.keepAliveSeconds),
    ]
    return [try place.server(command, package: "python3")]
  }

  static let bareTLS = AppServer(
    name: "by hand, TLS", keepAliveSeconds: 0.2, lacks: [.large: "not tried"], upstream: \.https
  ) { place in
    let numbers = [String(place.port), String(place.keepAliveSeconds)]
    let command = ["python3", try place.copy(of: "bare.py")] + numbers + (try place.certificateAndKey())
    return [try place.server(command, package: "python3")]
  }
}
