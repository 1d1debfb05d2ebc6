internal import Glibc
internal import Logging

/// How an event becomes a line.
public enum LogFormat: String, Sendable, CaseIterable {
  /// `key=value` pairs: for people and files.
  case logfmt
  /// One object a line: for machines.
  case json
  /// What a person at a terminal wants to know, and no more.
  case short
  /// The priority as a prefix (sd-daemon(3)) and logfmt without the time, which journald keeps itself. The
  /// sink makes an entry with fields of it.
  case journal

  /// The format for a setting of `auto`: `.journal` where `descriptor` leads to journald, else `.logfmt`.
  ///
  /// systemd.exec(5) has a program compare JOURNAL_STREAM with the descriptor's device and inode, since the
  /// variable is inherited by children whose stderr has been redirected.
  public static func automatic(environment: [String: String], descriptor: Int32 = 2) -> LogFormat {
    var status = stat()
    guard let stream = environment["JOURNAL_STREAM"], fstat(descriptor, &status) == 0 else {
      return .logfmt
    }
    return stream == "\(status.st_dev):\(status.st_ino)" ? .journal : .logfmt
  }
}

extension Logger.Level {
  /// The priority of syslog(3).
  var syslogPriority: UInt8 {
    switch self {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}
