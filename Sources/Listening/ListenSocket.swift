internal import Glibc
internal import POSIX

/// A listening socket that is bound already, and what to say of it.
public struct ListenSocket: Sendable {
  public let descriptor: CInt
  /// `127.0.0.1:8480`, `unix:/path`, as logs show it.
  public let name: String
  /// To be removed when the listener closes.
  public let unixPath: String?
  /// Whether it stays open elsewhere when it is closed here, with all that waits in its queue.
  let isShared: Bool

  /// One that systemd handed over.
  public init(inherited descriptor: CInt, name: String) {
    self.descriptor = descriptor
    self.name = name
    unixPath = nil
    isShared = true
  }

  private init(descriptor: CInt, name: String, unixPath: String? = nil) {
    self.descriptor = descriptor
    self.name = name
    self.unixPath = unixPath
    isShared = false
  }

  /// Connections that the kernel keeps until they are accepted; it cuts this to net.core.somaxconn.
  private static let backlogDefault: CInt = 4096

  /// Gives up a socket that nobody accepts on yet.
  public func discard() {
    if let unixPath { unlink(unixPath) }
    close(descriptor)
  }

  // MARK: Addresses

  /// Binds a TCP address. Another program that listens there makes it fail: nothing is shared.
  ///
  /// - Parameters:
  ///   - host: an address or a name; empty or `*` for any address.
  ///   - port: 0 leaves the choice to the kernel.
  public static func tcp(host: String, port: Int) throws(ListenFailure) -> ListenSocket {
    let name = host.contains(":") ? "[\(host)]:\(port)" : "\(host.isEmpty ? "*" : host):\(port)"
    var hints = addrinfo()
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let isAny = host.isEmpty || host == "*"
    let failed = getaddrinfo(isAny ? nil : host, String(port), &hints, &found)
    guard failed == 0, let first = found else {
      throw ListenFailure(name: name, sentence: String(cString: gai_strerror(failed)))
    }
    defer { freeaddrinfo(found) }
    guard isAny else { return try bindTCP(first.pointee, isAny: false, name: name) }
    return try bindAny(first, name: name)
  }

  /// Any address: the IPv6 socket takes IPv4 too, so it is preferred where there is one. What a resolver says
  /// does not tell whether the kernel has IPv6; only asking does.
  private static func bindAny(
    _ first: UnsafeMutablePointer<addrinfo>, name: String
  ) throws(ListenFailure) -> ListenSocket {
    let candidates = Array(sequence(first: first) { $0.pointee.ai_next }).map(\.pointee)
    let fallback = candidates.first { $0.ai_family == AF_INET }
    guard let preferred = candidates.first(where: { $0.ai_family == AF_INET6 }) else {
      return try bindTCP(first.pointee, isAny: true, name: name)
    }
    do throws(ListenFailure) {
      return try bindTCP(preferred, isAny: true, name: name)
    } catch {
      guard error.isWithoutFamily, let fallback else { throw error }
      return try bindTCP(fallback, isAny: true, name: name)
    }
  }

  private static func bindTCP(
    _ info: addrinfo, isAny: Bool, name: String
  ) throws(ListenFailure) -> ListenSocket {
    let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(info.ai_family, type, info.ai_protocol)
    guard descriptor >= 0 else { throw ListenFailure(name: name, errno: errno) }
    set(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
    if info.ai_family == AF_INET6 { set(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY, isAny ? 0 : 1) }
    guard bind(descriptor, info.ai_addr, info.ai_addrlen) == 0, listen(descriptor, backlogDefault) == 0 else {
      let failure = ListenFailure(name: name, errno: errno)
      close(descriptor)
      throw failure
    }
    return ListenSocket(descriptor: descriptor, name: name)
  }

  private static func set(_ descriptor: CInt, _ level: CInt, _ option: CInt, _ value: CInt) {
    var value = value
    setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<CInt>.size))
  }

  // MARK: Unix sockets

  /// Binds a unix socket. A file that a dead program left behind is replaced; one that answers is not.
  ///
  /// - Parameters:
  ///   - mode: the file's permissions, from the moment on in which somebody can connect.
  ///   - group: the name of the group that gets the file; nil leaves it the one that it is made with.
  public static func unix(
    path: String, mode: UInt32, group: String?
  ) throws(ListenFailure) -> ListenSocket {
    let name = "unix:\(path)"
    guard let address = UnixAddress(path: path) else {
      throw ListenFailure(name: name, sentence: "the path is longer than a unix socket's can be")
    }
    let lock = lockDirectory(of: path)
    defer { lock.map { _ = close($0) } }
    if try isStale(address, path: path, name: name) { unlink(path) }
    let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw ListenFailure(name: name, errno: errno) }
    var isBound = false
    do throws(ListenFailure) {
      // Nobody may connect before owner and mode are what they should be.
      let oldMask = umask(0o177)
      let bound = address.withSocketAddress { bind(descriptor, $0, $1) }
      let bindError = errno
      umask(oldMask)
      guard bound == 0 else { throw ListenFailure(name: name, errno: bindError) }
      isBound = true
      if let group { try give(path, to: group, name: name) }
      guard chmod(path, mode) == 0 else { throw ListenFailure(name: name, errno: errno) }
      guard listen(descriptor, backlogDefault) == 0 else { throw ListenFailure(name: name, errno: errno) }
    } catch {
      if isBound { unlink(path) }
      close(descriptor)
      throw error
    }
    return ListenSocket(descriptor: descriptor, name: name, unixPath: path)
  }

  /// Two instances that find the same dead file would each remove it, the second one the first one's new
  /// socket: so looking, removing and binding go under a lock on the directory. Where there is none to be had
  /// within five seconds it goes on without.
  private static func lockDirectory(of path: String) -> CInt? {
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    for _ in 0..<500 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { break }
      usleep(10_000)
    }
    return descriptor
  }

  /// Whether a socket file stands there that nobody answers on; throws when somebody does, or when it is
  /// no socket.
  private static func isStale(
    _ address: UnixAddress, path: String, name: String
  ) throws(ListenFailure) -> Bool {
    var info = stat()
    guard lstat(path, &info) == 0 else { return false }
    guard info.st_mode & S_IFMT == S_IFSOCK else {
      throw ListenFailure(name: name, sentence: "a file that is no socket stands there")
    }
    let probe = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard probe >= 0 else { throw ListenFailure(name: name, errno: errno) }
    defer { close(probe) }
    guard address.withSocketAddress({ connect(probe, $0, $1) }) != 0 else {
      throw ListenFailure(name: name, sentence: "another program answers there")
    }
    guard errno == ECONNREFUSED else { throw ListenFailure(name: name, errno: errno) }
    return true
  }

  private static func give(_ path: String, to group: String, name: String) throws(ListenFailure) {
    guard let entry = getgrnam(group) else {
      throw ListenFailure(name: name, sentence: "there is no group \(group)")
    }
    guard chown(path, uid_t.max, entry.pointee.gr_gid) == 0 else {
      throw ListenFailure(name: name, errno: errno)
    }
  }
}
