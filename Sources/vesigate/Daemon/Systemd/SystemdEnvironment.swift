internal import Glibc

/// The variables by which systemd tells a service how it is supervised.
enum SystemdEnvironment {
  static let names = [
    "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
    "JOURNAL_STREAM",
  ]

  /// Those that are set. To be read before other threads start.
  static func current() -> [String: String] {
    var environment: [String: String] = [:]
    for name in names {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    return environment
  }
}
