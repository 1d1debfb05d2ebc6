internal import Glibc
internal import POSIX

/// Where journald takes entries, and how long a full journal is waited for.
struct JournalAddress: Sendable {
  var path = "/run/systemd/journal/socket"
  var waitMillisecondsMax: Int32 = 5000
}

/// The connection to journald's datagram socket. One thread owns it, and only that thread waits.
final class JournalSocket {
  enum Outcome {
    case sent
    /// journald took nothing for as long as it is waited for: the entry is left out.
    case busy
    /// Nobody listens there, or the entry is too large for a datagram: another way has to do.
    case unreachable
  }

  private let address: JournalAddress
  private var descriptor: Int32 = -1
  /// Monotonic milliseconds before which nobody need knock again.
  private var nextKnock: Int64 = 0

  private static let knockMilliseconds: Int64 = 1000

  init(_ address: JournalAddress) { self.address = address }

  deinit { disconnect() }

  /// Sends one entry. An entry is some kilobytes at most, since every value in a line is bounded; a unix
  /// datagram may have `net.core.wmem_default` (212,992 by default), so none needs a memfd.
  func send(_ entry: [UInt8]) -> Outcome {
    let end = JournalSocket.now() + Int64(address.waitMillisecondsMax)
    // A second try: journald may have got a new socket since the last entry.
    for _ in 0..<2 where isConnected() {
      switch attempt(entry, until: end) {
      case 0: return .sent
      case EAGAIN:
        disconnect()
        return .busy
      case EMSGSIZE: return .unreachable
      default: disconnect()
      }
    }
    return .unreachable
  }

  /// 0, or the error.
  private func attempt(_ entry: [UInt8], until end: Int64) -> Int32 {
    while true {
      let count = Glibc.send(descriptor, entry, entry.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      if count >= 0 { return 0 }
      let failure = errno
      if failure == EINTR { continue }
      guard failure == EAGAIN, waitUntilWritable(until: end) else { return failure }
    }
  }

  private func waitUntilWritable(until end: Int64) -> Bool {
    let left = end - JournalSocket.now()
    guard left > 0 else { return false }
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    let count = poll(&entry, 1, Int32(clamping: left))
    return count == 1 || (count < 0 && errno == EINTR)
  }

  private func isConnected() -> Bool {
    if descriptor >= 0 { return true }
    guard JournalSocket.now() >= nextKnock else { return false }
    if connect() { return true }
    disconnect()
    nextKnock = JournalSocket.now() + JournalSocket.knockMilliseconds
    return false
  }

  private func connect() -> Bool {
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0, let name = UnixAddress(path: address.path) else { return false }
    return name.withSocketAddress { Glibc.connect(descriptor, $0, $1) == 0 }
  }

  private func disconnect() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }

  private static func now() -> Int64 { Int64(Clocks.uptimeNanoseconds() / 1_000_000) }
}
