internal import Glibc
internal import POSIX

/// Brings the inspector's socket to a port of loopback. Loopback is open to every user of the machine, and the socket
/// is not: so it looks whose process is at the other end of each connection, and lets its own user's in alone.
struct InspectRelay {
  /// At once; further ones wait in the kernel.
  static let connectionsMax = 16
  /// Of connections that the kernel keeps for it.
  private static let backlog: CInt = 16

  struct Failure: Error {
    let sentence: String
    var isPermission = false
  }

  private let listener: CInt
  private let port: UInt16
  private let socket: String
  private let users: Set<UInt32>

  /// - Throws: where the port cannot be had, or the socket may not be opened.
  init(port: Int, socket: String, users: Set<UInt32>) throws(Failure) {
    (self.port, self.socket, self.users) = (UInt16(port), socket, users)
    switch Self.connected(socket) {
    case .success(let descriptor): close(descriptor)
    case .failure(let failure): throw failure
    }
    listener = try Self.listening(UInt16(port))
  }

  /// Whoever runs the command; behind sudo whoever did that too, for his browser is not root's.
  static func ownUsers() -> Set<UInt32> {
    var users: Set<UInt32> = [getuid(), geteuid()]
    if geteuid() == 0, let text = getenv("SUDO_UID"), let user = UInt32(String(cString: text)) {
      users.insert(user)
    }
    return users
  }

  /// Until the program ends.
  func run() {
    // The way to end it is no failure.
    signal(SIGINT) { _ in _exit(0) }
    signal(SIGPIPE, SIG_IGN)
    var pairs: [RelayedPair] = []
    while true {
      var polled = [
        pollfd(fd: listener, events: pairs.count < Self.connectionsMax ? Int16(POLLIN) : 0, revents: 0)
      ]
      for pair in pairs { polled += pair.polled }
      guard poll(&polled, nfds_t(polled.count), -1) > 0 else { continue }
      for (index, pair) in pairs.enumerated() {
        pair.move(browser: polled[1 + 2 * index].revents, daemon: polled[2 + 2 * index].revents)
      }
      pairs.removeAll { $0.isOver }
      if polled[0].revents != 0, let pair = accepted() { pairs.append(pair) }
    }
  }

  private func accepted() -> RelayedPair? {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let browser = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { accept(listener, $0, &length) }
    }
    guard browser >= 0 else { return nil }
    let table = LoopbackPeer.table()
    let user = LoopbackPeer.user(
      address: address.sin_addr.s_addr, port: UInt16(bigEndian: address.sin_port), to: port, in: table)
    guard let user, users.contains(user) else {
      complain(
        "vesigate: a connection of \(user.map { "the user with id \($0)" } ?? "nobody known") was refused")
      close(browser)
      return nil
    }
    switch Self.connected(socket) {
    case .success(let daemon): return RelayedPair(browser: browser, daemon: daemon)
    case .failure(let failure):
      complain("vesigate: \(failure.sentence)")
      close(browser)
      return nil
    }
  }

  // MARK: Sockets

  private static func listening(_ port: UInt16) throws(Failure) -> CInt {
    let descriptor = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = LoopbackPeer.loopback
    var on: CInt = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<CInt>.size))
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard descriptor >= 0, bound == 0, listen(descriptor, backlog) == 0 else {
      throw Failure(
        sentence: "127.0.0.1:\(port) cannot be had: \(String(cString: strerror(errno))); --port names another"
      )
    }
    return descriptor
  }

  private static func connected(_ path: String) -> Result<CInt, Failure> {
    let descriptor = Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0, let address = UnixAddress(path: path),
      address.withSocketAddress({ connect(descriptor, $0, $1) }) == 0
    else {
      let code = errno
      close(descriptor)
      let isPermission = code == EACCES || code == EPERM
      let remedy = isPermission ? ": run it as root, or let inspector: {mode, group} say who may" : ""
      return .failure(
        Failure(
          sentence:
            "the user with id \(geteuid()) cannot open \(path): \(String(cString: strerror(code)))\(remedy)",
          isPermission: isPermission))
    }
    return .success(descriptor)
  }
}
