internal import CCurl
internal import CLinux
internal import Glibc
internal import NIOCore

// MARK: - What libcurl asks for

extension CurlForwarder {
  func setCallbacks() {
    vg_multi_set_functions(multi, onSocketInterest, onTimer, Unmanaged.passUnretained(self).toOpaque())
  }

  /// The socket callbacks outlive the transfer with its pooled connection, so they refer to this object,
  /// which frees the connections itself.
  func setSocketCallbacks(_ transfer: Transfer) {
    vg_set_socket_functions(transfer.easy.raw, onOpen, onClose, Unmanaged.passUnretained(self).toOpaque())
  }

  func interestChanged(_ easy: UnsafeMutableRawPointer?, _ socket: CInt, _ what: CInt) {
    var events: UInt32 = 0
    if what & CURL_POLL_IN != 0, what != CURL_POLL_REMOVE { events |= EPOLLIN.rawValue }
    if what & CURL_POLL_OUT != 0, what != CURL_POLL_REMOVE { events |= EPOLLOUT.rawValue }
    let transfer = transfer(of: easy)
    guard events == 0, let transfer else {
      transfer?.socket = socket
      // It goes on at once: nobody needs to wait until there is room.
      if let transfer, transfer === goingOn { return goingOnFor = events }
      return sockets.wait(socket, for: events, isPaused: false, pooledUntil: .max)
    }
    if transfer === goingOn { goingOnFor = 0 }
    let now = NIODeadline.now().uptimeNanosecondsUnsigned
    sockets.wait(
      socket, for: 0, isPaused: transfer.isPaused, pooledUntil: now + transfer.pooledNanosecondsMax)
  }

  private func transfer(of easy: UnsafeMutableRawPointer?) -> Transfer? {
    var context: UnsafeMutableRawPointer?
    guard let easy, vg_get_private(easy, &context) == CURLE_OK, let context else { return nil }
    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  }

  func open(_ address: UnsafeMutablePointer<curl_sockaddr>?) -> CInt {
    guard let address else { return -1 }
    let (family, type, number) = (address.pointee.family, address.pointee.socktype, address.pointee.protocol)
    let descriptor = socket(family, type | CInt(SOCK_CLOEXEC.rawValue), number)
    guard descriptor >= 0 else { return descriptor }
    sockets.opened(descriptor)
    if Loopback.holds(address) { Loopback.leaveUncontrolled(descriptor) }
    return descriptor
  }

  func close(_ descriptor: CInt) -> CInt {
    sockets.closed(descriptor)
    return Glibc.close(descriptor)
  }
}

private func forwarder(_ context: UnsafeMutableRawPointer?) -> CurlForwarder {
  Unmanaged<CurlForwarder>.fromOpaque(context!).takeUnretainedValue()
}

private func onSocketInterest(
  _ easy: UnsafeMutableRawPointer?, _ socket: curl_socket_t, _ what: CInt,
  _ context: UnsafeMutableRawPointer?, _: UnsafeMutableRawPointer?
) -> CInt {
  forwarder(context).interestChanged(easy, socket, what)
  return 0
}

private func onTimer(
  _: UnsafeMutableRawPointer?, _ milliseconds: Int, _ context: UnsafeMutableRawPointer?
) -> CInt {
  forwarder(context).timerChanged(milliseconds)
  return 0
}

private func onOpen(
  _ context: UnsafeMutableRawPointer?, _: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
  forwarder(context).open(address)
}

private func onClose(_ context: UnsafeMutableRawPointer?, _ socket: curl_socket_t) -> CInt {
  forwarder(context).close(socket)
}
