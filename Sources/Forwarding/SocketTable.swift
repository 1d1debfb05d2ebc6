internal import CCurl
internal import CLinux
internal import Glibc

/// The descriptors that libcurl waits for, in one epoll of their own.
///
/// libcurl stops waiting for a socket after every request and begins again with the next; following it to
/// the letter costs two system calls a delivery. A pooled connection's interest is left as it is instead,
/// and taken out when it wakes us for nothing or is closed.
final class SocketTable {
  private struct Entry {
    /// Opened through our own callback, so its closing is reported too.
    var isOurs = false
    /// What epoll was told.
    var registered: UInt32 = 0
    /// What libcurl waits for.
    var wanted: UInt32 = 0
  }

  let epoll: CInt
  private var entries: [Entry] = []

  init() {
    epoll = vg_epoll_create()
    precondition(epoll >= 0, "no epoll descriptor to be had: errno \(errno)")
  }

  deinit { close(epoll) }

  func opened(_ socket: CInt) { withEntry(socket) { $0 = Entry(isOurs: true) } }

  /// The kernel forgets a closed descriptor by itself.
  func closed(_ socket: CInt) { withEntry(socket) { $0 = Entry() } }

  /// libcurl waits for these events, or for none.
  func wait(_ socket: CInt, for events: UInt32) {
    withEntry(socket) { entry in
      entry.wanted = events
      if events == 0, entry.isOurs { return }
      register(socket, &entry, events)
    }
  }

  /// Whether libcurl should hear of an event; a socket nobody waits for is taken out.
  func isWanted(_ socket: CInt) -> Bool {
    withEntry(socket) { entry in
      if entry.wanted == 0 { register(socket, &entry, 0) }
      return entry.wanted != 0
    }
  }

  private func register(_ socket: CInt, _ entry: inout Entry, _ events: UInt32) {
    guard entry.registered != events else { return }
    if events == 0 {
      _ = vg_epoll_ctl(epoll, EPOLL_CTL_DEL, socket, 0)
    } else {
      let operation = entry.registered == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
      if vg_epoll_ctl(epoll, operation, socket, events) != 0 {
        // The number was used again for another socket behind our back, or was known already.
        _ = vg_epoll_ctl(epoll, operation == EPOLL_CTL_ADD ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, events)
      }
    }
    entry.registered = events
  }

  @discardableResult
  private func withEntry<Result>(_ socket: CInt, _ body: (inout Entry) -> Result) -> Result {
    let index = Int(socket)
    if index >= entries.count {
      entries.append(contentsOf: repeatElement(Entry(), count: index + 64 - entries.count))
    }
    return body(&entries[index])
  }
}
