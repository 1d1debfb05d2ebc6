import TestSupport

/// php-fpm, which a front asks by FastCGI.
enum PHPWorkers {
  static func socket(_ place: AppPlace) -> String { place.directory.path + "/fpm.sock" }

  static func start(_ place: AppPlace) throws -> PeerServer {
    _ = try place.copy(of: "app.php")
    let settings = try place.directory.write(
      "fpm.conf",
      """
      [global]
      error_log = \(place.directory.path)/fpm.log
      process_control_timeout = 5s
      [app]
      listen = \(socket(place))
      pm = static
      pm.max_children = 4
      clear_env = no
      php_admin_flag[enable_post_data_reading] = off
      php_admin_flag[output_buffering] = off
      """)
    let server = try place.server(
      ["php-fpm*", "-n", "--nodaemonize", "--fpm-config", settings], package: "php-fpm")
    try server.wait { (try? RawClient(unixPath: socket(place))) != nil }
    return server
  }
}
