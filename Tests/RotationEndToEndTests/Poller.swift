import Foundation
import TestSupport

/// Many sockets on one thread: a load of hundreds of deliveries a second needs no thread for each.
final class Poller {
  private var entries: [pollfd] = []
  private var positions: [Int32: Int] = [:]

  func add(_ socket: Int32) {
    positions[socket] = entries.count
    entries.append(pollfd(fd: socket, events: Int16(POLLIN), revents: 0))
  }

  /// To be called before the socket is closed.
  func remove(_ socket: Int32) {
    guard let position = positions.removeValue(forKey: socket) else { return }
    let last = entries.removeLast()
    guard last.fd != socket else { return }
    entries[position] = last
    positions[last.fd] = position
  }

  /// The sockets that have something to read, after so many milliseconds at most.
  func wait(milliseconds: Int32) -> [Int32] {
    entries.withUnsafeMutableBufferPointer { entries in
      var left = poll(entries.baseAddress, nfds_t(entries.count), milliseconds)
      var ready: [Int32] = []
      var index = 0
      while left > 0, index < entries.count {
        if entries[index].revents != 0 {
          ready.append(entries[index].fd)
          left -= 1
        }
        index += 1
      }
      return ready
    }
  }
}

/// The socket calls of simulator and load.
enum Net {
  static func listener() throws -> (socket: Int32, port: UInt16) {
    let socket = try tcp()
    var address = loopback(0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, size) == 0 && listen(socket, 4096) == 0 && getsockname(socket, $0, &size) == 0
      }
    }
    guard isBound else { throw FixtureError("no listener: errno \(errno)") }
    return (socket, UInt16(bigEndian: address.sin_port))
  }

  static func connected(_ port: UInt16) throws -> Int32 {
    let socket = try tcp()
    var address = loopback(port)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      let code = errno
      close(socket)
      throw FixtureError("connect to \(port): errno \(code)")
    }
    return socket
  }

  private static func tcp() throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw FixtureError("socket: errno \(errno)") }
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    return descriptor
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    sockaddr_in(
      sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian,
      sin_addr: in_addr(s_addr: UInt32(0x7F00_0001).bigEndian), sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
  }

  /// The next connection, nil when the listener is shut.
  static func accepted(_ listener: Int32) -> Int32? {
    let socket = accept(listener, nil, nil)
    guard socket >= 0 else { return nil }
    _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
    return socket
  }

  /// Requests and answers here are small enough for a socket's buffer.
  static func send(_ socket: Int32, _ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes {
      Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) == $0.count
    }
  }

  /// What has come; nil at the end.
  static func receive(_ socket: Int32, into buffer: inout [UInt8]) -> ArraySlice<UInt8>? {
    let count = buffer.withUnsafeMutableBytes { recv(socket, $0.baseAddress, $0.count, 0) }
    return count > 0 ? buffer[..<count] : nil
  }
}

/// Just enough HTTP for what vesigate and libcurl send: lengths, no chunks.
enum Wire {
  private static let blank = Array("\r\n\r\n".utf8)
  private static let length = Array("content-length:".utf8)

  /// The length of the whole message at the front, nil while it is not there.
  static func messageLength(_ bytes: [UInt8]) -> (head: Int, whole: Int)? {
    guard let end = find(blank, in: bytes).map({ $0 + blank.count }) else { return nil }
    let body = field(length, in: bytes[..<end]) ?? 0
    return bytes.count >= end + body ? (end, end + body) : nil
  }

  /// A field's number; `name` in lower case with its colon.
  static func field(_ name: [UInt8], in head: ArraySlice<UInt8>) -> Int? {
    let lowered = head.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
    guard let start = find(name, in: lowered) else { return nil }
    let digits = lowered[(start + name.count)...].drop { $0 == 0x20 }.prefix { $0 >= 0x30 && $0 <= 0x39 }
    return Int(String(decoding: digits, as: UTF8.self))
  }

  static func find(_ needle: [UInt8], in bytes: [UInt8]) -> Int? {
    bytes.withUnsafeBytes { bytes -> Int? in
      guard let start = bytes.baseAddress, bytes.count >= needle.count else { return nil }
      var from = 0
      while from <= bytes.count - needle.count {
        guard let found = memchr(start + from, Int32(needle[0]), bytes.count - needle.count + 1 - from) else {
          return nil
        }
        if memcmp(found, needle, needle.count) == 0 { return UnsafeRawPointer(found) - start }
        from = UnsafeRawPointer(found) - start + 1
      }
      return nil
    }
  }
}
