internal import CCurl
internal import CLinux
internal import CTLS
internal import EventLoops
internal import Gateway
internal import Glibc

/// A connection's bytes: under TLS libcurl carries them. A plain socket that it has opened is taken over, for its
/// calls find a connection by walking a list each time, which costs a twentieth of a short delivery.
///
/// The socket is told to epoll once, by edges: whether something lies there is remembered until it is known that
/// nothing does.
final class UpstreamStream {
  enum Sent {
    case taken(Int)
    /// There is no room now.
    case again
    /// `hasLeft` says whether bytes may have left all the same.
    case failed(hasLeft: Bool)
  }

  enum Received {
    case bytes(Int)
    case again
    case end(UpstreamConnection.End)
  }

  private static let events =
    EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLPRI.rawValue | vg_epoll_edge_triggered

  var connection = UpstreamConnection()
  /// Hears of the socket, and lets go of it at its end; nil while the connection is idle.
  var attempt: UpstreamAttempt?
  /// Where it waits for its next delivery, while it does.
  var pool: ConnectionPool?
  /// Until when it may wait, monotonic nanoseconds.
  var pooledUntil: UInt64 = 0
  private(set) var isReadable = true
  /// Whether behind a short receive there may be something left: the end, once the other side has said its last;
  /// what follows a mark, at which a receive ends (TCP's urgent pointer); on a unix socket what follows a piece that
  /// came with descriptors, of which nobody tells.
  private var isShortReceiveNoEnd: Bool
  private let isTLS: Bool
  private let socket: CInt
  /// Nil where the socket is ours alone.
  private let carrier: Carrier?
  private var watch: DescriptorWatch?
  private var isOpen = true
  private var writtenAtBegin: UInt64 = 0

  /// What libcurl needs to carry a connection's bytes.
  private struct Carrier {
    let handle: ConnectHandle
    let group: ConnectGroup
  }

  init(handle: ConnectHandle, group: ConnectGroup, to upstream: Upstream) {
    isTLS = upstream.isTLS
    isShortReceiveNoEnd = upstream.unixSocketPath != nil
    let theirs = vg_active_socket(handle.raw)
    // A second descriptor: whatever libcurl does with its own when it forgets the connection, and whenever, it is
    // not this one. Where there is none to be had, libcurl goes on.
    let own = isTLS ? -1 : fcntl(theirs, F_DUPFD_CLOEXEC, 0)
    socket = own >= 0 ? own : theirs
    carrier = own >= 0 ? nil : Carrier(handle: handle, group: group)
    if theirs >= 0 { group.stopWatching(theirs) }
    if own >= 0 { group.remove(handle) }
  }

  deinit { close() }

  /// False where the kernel refuses.
  func beginWatching(on eventLoop: EpollLoop) -> Bool {
    guard socket >= 0 else { return false }
    watch = DescriptorWatch(socket, on: eventLoop, for: Self.events) { [unowned self] in ready($0) }
    return watch != nil
  }

  func close() {
    guard isOpen else { return }
    isOpen = false
    watch?.stop()
    watch = nil
    if let carrier { return carrier.group.remove(carrier.handle) }
    _ = Glibc.close(socket)
  }

  private func ready(_ events: UInt32) {
    if events & ~EPOLLOUT.rawValue != 0 { isReadable = true }
    if events & ~(EPOLLOUT.rawValue | EPOLLIN.rawValue) != 0 { isShortReceiveNoEnd = true }
    guard let attempt else { return idleReady() }
    attempt.ready()
  }

  // MARK: Idle

  /// Whether it is known without asking that nothing lies there. Under TLS only asking tells.
  var isKnownQuiet: Bool { !isTLS && !isReadable }

  /// A session ticket of TLS makes an idle connection readable too: only libcurl knows.
  private func idleReady() {
    guard isReadable, !isQuiet() else { return }
    pool?.remove(self)
    close()
  }

  /// Whether nothing lies there that nobody has asked for, nor the connection's end.
  func isQuiet() -> Bool {
    var byte: UInt8 = 0
    return withUnsafeMutableBytes(of: &byte) { byte in
      guard case .again = receive(into: byte) else { return false }
      // A record of which a part has come is no ticket any more: tickets come whole, before the first answer.
      return tls.map { !vg_tls_has_pending($0) } ?? true
    }
  }

  /// OpenSSL's side of it; nil where it has none. libcurl keeps it for as long as the connection is open.
  private var tls: UnsafeRawPointer? {
    guard isTLS, let carrier else { return nil }
    return vg_tls_connection(carrier.handle.raw)
  }

  private var tlsBytesWritten: UInt64 { tls.map { vg_tls_bytes_written($0) } ?? 0 }

  // MARK: Bytes

  func begin() { if isTLS { writtenAtBegin = tlsBytesWritten } }

  /// What was not taken has to be given again from the same place and not shorter: TLS may have made a record of it.
  func send(_ bytes: UnsafeRawBufferPointer) -> Sent {
    guard let carrier else { return sendPlain(bytes) }
    var count = 0
    let code = curl_easy_send(carrier.handle.raw, bytes.baseAddress, bytes.count, &count)
    switch code {
    case CURLE_OK: return count > 0 ? .taken(count) : .again
    case CURLE_AGAIN: return .again
    default: return .failed(hasLeft: isTLS && tlsBytesWritten != writtenAtBegin)
    }
  }

  private func sendPlain(_ bytes: UnsafeRawBufferPointer) -> Sent {
    while true {
      let count = Glibc.send(socket, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
      if count > 0 { return .taken(count) }
      if count == 0 || errno == EAGAIN { return .again }
      if errno != EINTR { return .failed(hasLeft: false) }
    }
  }

  func receive(into room: UnsafeMutableRawBufferPointer) -> Received {
    guard let carrier else { return receivePlain(into: room) }
    var count = 0
    let code = curl_easy_recv(carrier.handle.raw, room.baseAddress, room.count, &count)
    switch code {
    case CURLE_OK where count > 0: return .bytes(count)
    case CURLE_AGAIN:
      isReadable = false
      return .again
    case CURLE_OK where !isTLS: return .end(.orderly)
    default:
      let isOrderly = tls.map { vg_tls_has_ended($0) } == true
      return .end(isOrderly ? .orderly : .broken(reason(code, carrier.handle)))
    }
  }

  private func receivePlain(into room: UnsafeMutableRawBufferPointer) -> Received {
    while true {
      let count = recv(socket, room.baseAddress, room.count, 0)
      if count > 0 {
        // A stream that fills less than it was offered has nothing left. What comes from now on is news.
        if count < room.count, !isShortReceiveNoEnd { isReadable = false }
        return .bytes(count)
      }
      if count == 0 { return .end(.orderly) }
      if errno == EAGAIN {
        isReadable = false
        return .again
      }
      if errno != EINTR { return .end(.broken(String(cString: strerror(errno)))) }
    }
  }

  private func reason(_ code: CURLcode, _ handle: ConnectHandle) -> String {
    code == CURLE_OK ? "TLS was cut off without its close_notify" : handle.message(for: code)
  }

  /// Bytes sent that the other side's kernel has not taken; nil where that is not known.
  func unacknowledgedBytes() -> Int? {
    let count = Int(vg_unacknowledged(socket))
    return count < 0 ? nil : count
  }

  /// TLS tells of nothing it has taken before all of a piece has left.
  var pieceBytesMax: Int { isTLS ? 65_536 : .max }
}
