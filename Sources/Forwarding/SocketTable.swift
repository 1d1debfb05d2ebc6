internal import CCurl
internal import CLinux
internal import Glibc

/// The descriptors that libcurl waits for, in one epoll of their own.
///
/// libcurl stops waiting for a socket after every request and begins again with the next; following it to
/// the letter costs two system calls a delivery. A pooled connection is left in instead: when it becomes
/// readable while it serves nobody, its upstream has closed it or has sent what nobody asked for.
final class SocketTable {
  private struct Entry {
    /// Opened through our own callback, so its closing is reported too.
    var isOurs = false
    /// Nobody waits for it, yet it belongs to a delivery: its sender is slow to take the answer.
    var isPaused = false
    /// What epoll was told.
    var registered: UInt32 = 0
    /// What libcurl waits for.
    var wanted: UInt32 = 0
    /// Until when a pooled connection is kept, monotonic nanoseconds.
    var pooledUntil: UInt64 = .max
    /// libcurl sees it as closed, and its upstream has been let go.
    var isDead = false
  }

  let epoll: CInt
  /// A socket whose other end is closed.
  private let dead: CInt
  private var entries: [Entry] = []
  /// How many of ours are open, and how many of these are closed in all but name.
  private var openCount = 0
  private var deadCount = 0

  init() {
    epoll = vg_epoll_create()
    precondition(epoll >= 0, "no epoll descriptor to be had: errno \(errno)")
    dead = SocketTable.makeDead()
  }

  deinit {
    close(epoll)
    close(dead)
  }

  private static func makeDead() -> CInt {
    var ends: [CInt] = [-1, -1]
    let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let failed = socketpair(AF_UNIX, type, 0, &ends)
    precondition(failed == 0, "no socket pair to be had: errno \(errno)")
    close(ends[1])
    return ends[0]
  }

  /// Whether libcurl's pool holds connections, and whether all of those that are open are dead.
  var hasPooled: Bool { openCount > 0 }
  var hasOnlyDead: Bool { openCount > 0 && openCount == deadCount }

  func opened(_ socket: CInt) {
    openCount += 1
    withEntry(socket) { $0 = Entry(isOurs: true) }
  }

  /// The kernel forgets a closed descriptor by itself.
  func closed(_ socket: CInt) {
    withEntry(socket) { entry in
      if entry.isOurs { openCount -= 1 }
      if entry.isDead {
        // One open socket stands for all dead ones, so this the kernel would not forget.
        register(socket, &entry, 0)
        deadCount -= 1
      }
      entry = Entry()
    }
  }

  /// libcurl waits for these events, or for none, be it that the delivery is paused or that it is over; then
  /// the connection may stay in the pool until `pooledUntil`.
  func wait(_ socket: CInt, for events: UInt32, isPaused: Bool, pooledUntil: UInt64) {
    withEntry(socket) { entry in
      entry.wanted = events
      entry.isPaused = isPaused
      entry.pooledUntil = events == 0 && !isPaused ? pooledUntil : .max
      // Pooled, it is left in; but there is always room to write, and that would be nobody's event.
      let isPooled = events == 0 && entry.isOurs && !isPaused
      register(socket, &entry, isPooled ? EPOLLIN.rawValue : events)
    }
  }

  /// Whether libcurl should hear of an event.
  func isWanted(_ socket: CInt) -> Bool { withEntry(socket) { $0.wanted != 0 } }

  /// Takes out a socket that has an event and nobody who waits for it. Where that is a pooled connection,
  /// its bytes would be taken for the next delivery's answer, and each later one would get the answer of
  /// the one before: libcurl 7.88 looks only whether a connection is closed. So that is what it gets to see.
  func rejectUnasked(_ socket: CInt) {
    withEntry(socket) { entry in
      guard entry.wanted == 0, entry.registered != 0 else { return }
      register(socket, &entry, 0)
      if entry.isOurs, !entry.isPaused { kill(socket, &entry) }
    }
  }

  /// Closes pooled connections whose time is over. libcurl itself looks only when it wants to use one, so
  /// an upstream would keep them for as long as nothing is delivered.
  func closeAged(_ now: UInt64) {
    for index in entries.indices where entries[index].pooledUntil <= now {
      register(CInt(index), &entries[index], 0)
      kill(CInt(index), &entries[index])
    }
  }

  private func kill(_ socket: CInt, _ entry: inout Entry) {
    entry.pooledUntil = .max
    guard !entry.isDead, dup2(dead, socket) == socket else { return }
    _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
    entry.isDead = true
    deadCount += 1
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
