internal import CCurl
internal import Glibc

/// Upstreams on the same machine.
enum Loopback {
  /// Whether it is an address of the machine itself: 127.0.0.0/8 or ::1.
  static func holds(_ address: UnsafeMutablePointer<curl_sockaddr>) -> Bool {
    let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) ?? 0
    let start = UnsafeRawPointer(address).advanced(by: offset)
    let count = Int(address.pointee.addrlen)
    switch address.pointee.family {
    case AF_INET where count >= MemoryLayout<sockaddr_in>.size:
      return start.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr.bigEndian >> 24 == 127
    case AF_INET6 where count >= MemoryLayout<sockaddr_in6>.size:
      var own = in6addr_loopback
      var its = start.loadUnaligned(as: sockaddr_in6.self).sin6_addr
      return memcmp(&own, &its, MemoryLayout<in6_addr>.size) == 0
    default: return false
    }
  }

  /// Nothing is lost on the way to oneself. Where the system's congestion control is BBR, it would hold each
  /// 64 KiB back until a timer of its own fires; the simplest one, which every kernel has, does not.
  static func leaveUncontrolled(_ socket: CInt) {
    "reno".withCString { _ = setsockopt(socket, CInt(IPPROTO_TCP), TCP_CONGESTION, $0, 4) }
  }
}
