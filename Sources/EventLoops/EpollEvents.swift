internal import CLinux

/// epoll's event bits, by what they mean here.
enum EpollEvents {
  static let input = EPOLLIN.rawValue
  static let output = EPOLLOUT.rawValue
  /// The other end has said its last.
  static let inputEnd = EPOLLRDHUP.rawValue
  /// A mark among the bytes (TCP's urgent pointer): a receive ends there, whatever lies behind.
  static let mark = EPOLLPRI.rawValue
  /// Nothing comes and nothing goes any more: both directions have ended, or the connection was reset.
  static let gone = EPOLLHUP.rawValue | EPOLLERR.rawValue
  /// Told once for each arrival instead of for as long as something lies there.
  static let onArrival = vg_epoll_edge_triggered
  /// Of several loops that watch it, not all are woken.
  static let exclusive = vg_epoll_exclusive
}
