internal import Glibc
internal import POSIX

/// A browser's connection and the one to the daemon that was made for it. What one says goes to the other, no faster
/// than that takes it.
final class RelayedPair {
  /// Held of what one says until the other takes it.
  static let bufferBytesMax = 65_536

  private let browser: CInt
  private let daemon: CInt
  private var toDaemon: [UInt8] = []
  private var toBrowser: [UInt8] = []
  private var isBrowserDone = false
  private var isDaemonDone = false
  private(set) var isOver = false

  init(browser: CInt, daemon: CInt) {
    (self.browser, self.daemon) = (browser, daemon)
    for descriptor in [browser, daemon] {
      _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }
  }

  deinit {
    close(browser)
    close(daemon)
  }

  /// The browser's end, then the daemon's.
  var polled: [pollfd] {
    [
      waiting(browser, reads: !isBrowserDone && toDaemon.isEmpty, writes: !toBrowser.isEmpty),
      waiting(daemon, reads: !isDaemonDone && toBrowser.isEmpty, writes: !toDaemon.isEmpty),
    ]
  }

  /// The kernel tells of an end even where nothing is asked: one from which nothing is wanted now is left out, or it
  /// would be told again and again.
  private func waiting(_ descriptor: CInt, reads: Bool, writes: Bool) -> pollfd {
    let events = Int16((reads ? POLLIN : 0) | (writes ? POLLOUT : 0))
    return pollfd(fd: events == 0 ? -1 : descriptor, events: events, revents: 0)
  }

  /// What can be done now.
  func move(browser browserEvents: Int16, daemon daemonEvents: Int16) {
    let failed = Int16(POLLERR | POLLNVAL)
    guard browserEvents & failed == 0, daemonEvents & failed == 0 else { return isOver = true }
    let readable = Int16(POLLIN | POLLHUP)
    if browserEvents & readable != 0, toDaemon.isEmpty {
      isBrowserDone = read(browser, &toDaemon) || isBrowserDone
    }
    if daemonEvents & readable != 0, toBrowser.isEmpty {
      isDaemonDone = read(daemon, &toBrowser) || isDaemonDone
    }
    if !toDaemon.isEmpty { write(daemon, &toDaemon) }
    if !toBrowser.isEmpty { write(browser, &toBrowser) }
    // A browser that has gone waits for nothing; when the daemon has said its last, it is over once that is told.
    if isBrowserDone || (isDaemonDone && toBrowser.isEmpty) { isOver = true }
  }

  /// - Returns: whether it was the end.
  private func read(_ descriptor: CInt, _ buffer: inout [UInt8]) -> Bool {
    var bytes = [UInt8](repeating: 0, count: Self.bufferBytesMax)
    let count = IO.retrying { recv(descriptor, &bytes, bytes.count, 0) }
    if count > 0 {
      buffer = Array(bytes[..<count])
      return false
    }
    return count == 0 || (errno != EAGAIN && errno != EWOULDBLOCK)
  }

  private func write(_ descriptor: CInt, _ buffer: inout [UInt8]) {
    let count = IO.retrying { send(descriptor, buffer, buffer.count, CInt(MSG_NOSIGNAL)) }
    if count > 0 {
      buffer.removeFirst(count)
    } else if errno != EAGAIN, errno != EWOULDBLOCK {
      isOver = true
    }
  }
}
