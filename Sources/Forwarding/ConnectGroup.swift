internal import CCurl
internal import CLinux
internal import EventLoops
internal import Glibc
internal import NIOCore

/// A few connections that share one libcurl multi handle.
///
/// libcurl finds the connection of a handle by walking its multi's list, for each send and receive, and each multi
/// has descriptors of its own: so many share one that neither is felt.
final class ConnectGroup {
  /// Walking so many costs less than can be measured beside one system call.
  static let connectionsMax = 16

  /// A multi's own, by which another thread could wake it.
  private static let descriptorsEach = 2

  /// A new one is made only where all others of its loop are full.
  static func descriptorsMax(connections: Int, loops: Int) -> Int {
    descriptorsEach * (connections / connectionsMax + loops)
  }

  private let eventLoop: EpollLoop
  private let multi: UnsafeMutableRawPointer
  /// What libcurl waits for while it connects.
  private var watches: [CInt: DescriptorWatch] = [:]
  private var timer: Scheduled<Void>?
  private(set) var connects: [Connect] = []
  /// Handles in the multi, connected ones among them.
  private(set) var count = 0
  private var isDriving = false

  init(eventLoop: EpollLoop) {
    self.eventLoop = eventLoop
    guard let multi = curl_multi_init() else { fatalError("libcurl gave no multi handle") }
    self.multi = multi
    vg_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 16 * Self.connectionsMax)
    vg_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
    vg_multi_set_functions(multi, onSocketInterest, onTimer, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit {
    timer?.cancel()
    curl_multi_cleanup(multi)
  }

  var hasRoom: Bool { count < Self.connectionsMax }

  // MARK: Handles

  func add(_ connect: Connect) {
    vg_set_socket_functions(
      connect.handle.raw, onOpen, Unmanaged.passUnretained(connect.handle).toOpaque(), onClose,
      Unmanaged.passUnretained(self).toOpaque())
    connects.append(connect)
    count += 1
    curl_multi_add_handle(multi, connect.handle.raw)
  }

  /// Gives up a connection that is under way.
  func cancel(_ connect: Connect) {
    guard let place = connects.firstIndex(where: { $0 === connect }) else { return }
    connects.remove(at: place)
    remove(connect.handle)
  }

  /// Closes a connection: libcurl does that when its handle leaves.
  func remove(_ handle: ConnectHandle) {
    count -= 1
    curl_multi_remove_handle(multi, handle.raw)
  }

  // MARK: Driving, while something connects

  func drive() { act(CURL_SOCKET_TIMEOUT, 0) }

  private func act(_ socket: CInt, _ mask: CInt) {
    guard !isDriving else { return }
    isDriving = true
    var running: CInt = 0
    curl_multi_socket_action(multi, socket, mask, &running)
    var finished: [(Connect, CURLcode)] = []
    var code = CURLE_OK
    while let easy = vg_multi_next_finished(multi, &code) {
      guard let place = connects.firstIndex(where: { $0.handle.raw == easy }) else { continue }
      finished.append((connects.remove(at: place), code))
    }
    isDriving = false
    for (connect, code) in finished { connect.finished(code) }
  }

  fileprivate func interestChanged(_ socket: CInt, _ what: CInt) {
    guard what != CURL_POLL_REMOVE, what != CURL_POLL_NONE else { return stopWatching(socket) }
    var events: UInt32 = 0
    if what & CURL_POLL_IN != 0 { events |= EPOLLIN.rawValue }
    if what & CURL_POLL_OUT != 0 { events |= EPOLLOUT.rawValue }
    if let watch = watches[socket] { return watch.change(to: events) }
    watches[socket] = DescriptorWatch(socket, on: eventLoop, for: events) { [weak self] events in
      self?.ready(socket, events)
    }
  }

  private func ready(_ socket: CInt, _ events: UInt32) {
    var mask: CInt = 0
    if events & EPOLLIN.rawValue != 0 { mask |= CURL_CSELECT_IN }
    if events & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
    if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
    act(socket, mask)
  }

  /// It is somebody else's to watch from now on.
  func stopWatching(_ socket: CInt) { watches.removeValue(forKey: socket)?.stop() }

  /// What libcurl asks for within its calls is done behind them, or it would be called within itself.
  fileprivate func timerChanged(_ milliseconds: Int) {
    timer?.cancel()
    timer = nil
    guard milliseconds >= 0 else { return }
    let bound = NIOLoopBound(Weak(self), eventLoop: eventLoop)
    timer = eventLoop.scheduleTask(in: .milliseconds(Int64(milliseconds))) {
      bound.value.group?.timer = nil
      bound.value.group?.drive()
    }
  }

  private struct Weak {
    weak var group: ConnectGroup?

    init(_ group: ConnectGroup) { self.group = group }
  }

  fileprivate static func open(_ address: UnsafeMutablePointer<curl_sockaddr>?) -> CInt {
    guard let address else { return -1 }
    let (family, type, number) = (address.pointee.family, address.pointee.socktype, address.pointee.protocol)
    let descriptor = socket(family, type | CInt(SOCK_CLOEXEC.rawValue), number)
    if descriptor >= 0, Loopback.holds(address) { Loopback.leaveUncontrolled(descriptor) }
    return descriptor
  }

  fileprivate func close(_ descriptor: CInt) -> CInt {
    stopWatching(descriptor)
    return Glibc.close(descriptor)
  }
}

// C calls these with the group's address; it lives as long as its multi and the handles in it.

private func group(_ context: UnsafeMutableRawPointer?) -> ConnectGroup {
  Unmanaged<ConnectGroup>.fromOpaque(context!).takeUnretainedValue()
}

private func onSocketInterest(
  _: UnsafeMutableRawPointer?, _ socket: curl_socket_t, _ what: CInt, _ context: UnsafeMutableRawPointer?,
  _: UnsafeMutableRawPointer?
) -> CInt {
  group(context).interestChanged(socket, what)
  return 0
}

private func onTimer(
  _: UnsafeMutableRawPointer?, _ milliseconds: Int, _ context: UnsafeMutableRawPointer?
) -> CInt {
  group(context).timerChanged(milliseconds)
  return 0
}

private func onOpen(
  _ context: UnsafeMutableRawPointer?, _: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
  let descriptor = ConnectGroup.open(address)
  if descriptor < 0 {
    // A handle opens sockets only while it connects, and is held as long as that.
    Unmanaged<ConnectHandle>.fromOpaque(context!).takeUnretainedValue().socketRefusal = errno
  }
  return descriptor
}

private func onClose(_ context: UnsafeMutableRawPointer?, _ socket: curl_socket_t) -> CInt {
  group(context).close(socket)
}
