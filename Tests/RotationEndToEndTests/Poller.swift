import Foundation
import TestSupport

/// Many sockets on one thread: a load of hundreds of deliveries a second needs no thread for each.
final class Poller {
  private let descriptor = epoll_create1(Int32(EPOLL_CLOEXEC.rawValue))
  private var events = [epoll_event](repeating: epoll_event(), count: 512)

  deinit { close(descriptor) }

  func add(_ socket: Int32) {
    var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: socket))
    epoll_ctl(descriptor, EPOLL_CTL_ADD, socket, &event)
  }

  /// The sockets that have something to read, after so many milliseconds at most.
  func wait(milliseconds: Int32) -> [Int32] {
    let count = epoll_wait(descriptor, &events, Int32(events.count), milliseconds)
    return count > 0 ? events[..<Int(count)].map(\.data.fd) : []
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
    guard isBound else { throw HarnessError("no listener: errno \(errno)") }
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
      throw HarnessError("connect to \(port): errno \(code)")
    }
    return socket
  }

  private static func tcp() throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw HarnessError("socket: errno \(errno)") }
    var one: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    return descriptor
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    sockaddr_in(
      sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian,
      sin_addr: in_addr(s_addr: UInt32(0x7F00_0001).bigEndian), sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
  }

  /// Requests and answers here are small enough for a socket's buffer.
  static func send(_ socket: Int32, _ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes {
      Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL.rawValue)) == $0.count
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
      guard let start = bytes.baseAddress, let found = memmem(start, bytes.count, needle, needle.count) else {
        return nil
      }
      return UnsafeRawPointer(found) - start
    }
  }
}
