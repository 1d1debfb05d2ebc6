internal import Glibc
internal import POSIX

/// Tells the service manager how the service is doing, in the protocol of sd_notify(3). Without a manager
/// that wants to know, every call does nothing.
struct SystemdNotifier: Sendable {
  /// Nil when nobody listens.
  private let manager: UnixAddress?

  init(environment: [String: String]) {
    let name = environment["NOTIFY_SOCKET"].map { Array($0.utf8) } ?? []
    let isUnix = name.first == UInt8(ascii: "/") || name.first == UInt8(ascii: "@")
    manager = isUnix && name.count > 1 ? UnixAddress(pathOrAbstractName: name) : nil
  }

  /// Whether a manager listens.
  var isActive: Bool { manager != nil }

  /// The start, or a reload, is complete.
  @discardableResult
  func ready(status: String) -> Bool { send(["READY=1", statusLine(status)]) }

  /// One line for `systemctl status`.
  @discardableResult
  func status(_ text: String) -> Bool { send([statusLine(text)]) }

  /// A reload has begun; `ready` ends it.
  @discardableResult
  func reloading(status: String) -> Bool {
    let microseconds = Clocks.uptimeNanoseconds() / 1000
    return send(["RELOADING=1", "MONOTONIC_USEC=\(microseconds)", statusLine(status)])
  }

  @discardableResult
  func stopping(status: String) -> Bool { send(["STOPPING=1", statusLine(status)]) }

  /// A sign of life; see `WatchdogService`.
  @discardableResult
  func watchdog() -> Bool { send(["WATCHDOG=1"]) }

  /// systemd drops a whole message of more than 4096 bytes (PIPE_BUF), and with it that a reload is over.
  private static let statusBytesMax = 1024

  /// A status is one line of visible text: a line feed would begin another assignment, and systemctl prints
  /// the rest as it is.
  private func statusLine(_ text: String) -> String {
    var line = "STATUS="
    for character in text {
      let isBlank =
        character.isWhitespace || character.unicodeScalars.contains { $0.value < 0x20 || $0 == "\u{7F}" }
      line.append(isBlank ? " " : character)
      guard line.utf8.count <= SystemdNotifier.statusBytesMax else { return line + "..." }
    }
    return line
  }

  /// Sends the assignments as one datagram; false when it could not be delivered.
  private func send(_ assignments: [String]) -> Bool {
    guard let manager else { return false }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    // A manager that hangs must not hang the gateway.
    var patience = timeval(tv_sec: 1, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))

    let message = Array(assignments.joined(separator: "\n").utf8)
    let sent = manager.withSocketAddress {
      sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL), $0, $1)
    }
    return sent == message.count
  }
}
