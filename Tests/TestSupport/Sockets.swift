import Foundation

/// The few socket calls that client and upstream share. Every descriptor closes on exec, so that none lives
/// on in a gateway that another test starts.
public enum Sockets {
  static func tcp() throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw FixtureError("socket: \(message())") }
    var one: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    return descriptor
  }

  static func unix(_ type: __socket_type = SOCK_STREAM) throws -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw FixtureError("socket: \(message())") }
    return descriptor
  }

  static func loopback(_ port: UInt16) -> sockaddr_in {
    sockaddr_in(
      sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian,
      sin_addr: in_addr(s_addr: UInt32(0x7F00_0001).bigEndian), sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
  }

  static func bind(_ descriptor: Int32, port: UInt16) -> Bool {
    withAddress(loopback(port)) { Glibc.bind(descriptor, $0, $1) } == 0
  }

  static func connect(_ descriptor: Int32, port: UInt16) -> Bool {
    withAddress(loopback(port)) { Glibc.connect(descriptor, $0, $1) } == 0
  }

  static func bind(_ descriptor: Int32, path: String) -> Bool {
    withAddress(address(path)) { Glibc.bind(descriptor, $0, $1) } == 0
  }

  /// A path, or `@` and a name that is no file, which is as long as it is.
  static func bind(_ descriptor: Int32, name: String) -> Bool {
    guard name.hasPrefix("@") else { return bind(descriptor, path: name) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + name.utf8.count)
    return withAddress(address("\0" + name.dropFirst())) { address, _ in
      Glibc.bind(descriptor, address, length)
    } == 0
  }

  /// A stream socket that listens there, for a server under test.
  public static func listening(atPath path: String) throws -> Int32 {
    let descriptor = try unix()
    guard bind(descriptor, path: path), listen(descriptor, 64) == 0 else {
      throw FixtureError("\(path): \(message())")
    }
    return descriptor
  }

  /// Leaves a unix socket's file there, as a program that died does.
  public static func leaveDead(atPath path: String) throws {
    let descriptor = try unix()
    defer { close(descriptor) }
    guard bind(descriptor, path: path) else { throw FixtureError("\(path): \(message())") }
  }

  /// A name that is no file and ends with its socket.
  static func bind(_ descriptor: Int32, abstract name: String) -> Bool {
    withAddress(address("\0" + name)) { Glibc.bind(descriptor, $0, $1) } == 0
  }

  static func connect(_ descriptor: Int32, path: String) -> Bool {
    withAddress(address(path)) { Glibc.connect(descriptor, $0, $1) } == 0
  }

  static func port(of descriptor: Int32) -> UInt16 {
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &size) }
    }
    return UInt16(bigEndian: address.sin_port)
  }

  static func message() -> String { String(cString: strerror(errno)) }

  private static func address(_ path: String) -> sockaddr_un {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    precondition(path.utf8.count < MemoryLayout.size(ofValue: address.sun_path))
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return address
  }

  private static func withAddress<Address>(
    _ address: Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<Address>.size))
      }
    }
  }

  // MARK: Bytes

  private static let noSignalNoWait = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)

  static func sendMarked(_ descriptor: Int32, _ byte: UInt8) -> Bool {
    var byte = byte
    return send(descriptor, &byte, 1, Int32(MSG_OOB) | Int32(MSG_NOSIGNAL)) == 1
  }

  /// Sends all of it; false when the other side is gone or takes nothing for so long.
  static func sendAll(_ descriptor: Int32, _ bytes: [UInt8], within seconds: Double = 60) -> Bool {
    var sent = 0
    while sent < bytes.count {
      guard wait(descriptor, POLLOUT, seconds) else { return false }
      let count = bytes.withUnsafeBytes {
        send(descriptor, $0.baseAddress! + sent, bytes.count - sent, noSignalNoWait)
      }
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  enum Received: Equatable {
    case bytes([UInt8])
    case end
    case reset
    case nothing
  }

  static func receive(_ descriptor: Int32, max: Int = 262_144, within seconds: Double) -> Received {
    guard wait(descriptor, POLLIN, seconds) else { return .nothing }
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: max) { buffer, count in
      let read = recv(descriptor, buffer.baseAddress, max, 0)
      failed = read < 0
      count = Swift.max(read, 0)
    }
    if failed { return errno == EINTR ? .nothing : .reset }
    return bytes.isEmpty ? .end : .bytes(bytes)
  }

  static func wait(_ descriptor: Int32, _ events: Int32, _ seconds: Double) -> Bool {
    var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    return poll(&entry, 1, Int32(max(seconds, 0) * 1000)) > 0
  }

  static func resetOnClose(_ descriptor: Int32) {
    var option = linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
  }

  static func setReceiveBuffer(_ descriptor: Int32, _ bytes: Int32) {
    var bytes = bytes
    setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
  }
}
