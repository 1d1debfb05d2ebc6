internal import Configuration
internal import Formats
internal import Glibc

extension InheritedSocket {
  /// What it is bound to, as `listen` would name it; nil for what `listen` cannot name, such as an abstract socket.
  var address: ListenAddress? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let got = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    guard got == 0 else { return nil }
    let bytes = withUnsafeBytes(of: storage) { Array($0.prefix(Int(length))) }
    switch CInt(storage.ss_family) {
    case AF_INET where bytes.count >= 8: return Self.tcp(bytes[2...3], host: bytes[4...7])
    case AF_INET6 where bytes.count >= 24: return tcp6(bytes[2...3], host: bytes[8...23])
    case AF_UNIX: return Self.unix(bytes.dropFirst(2).prefix { $0 != 0 })
    default: return nil
    }
  }

  private static func tcp(_ port: ArraySlice<UInt8>, host: ArraySlice<UInt8>) -> ListenAddress? {
    guard let host = IPAddress(bytes: Array(host)) else { return nil }
    return .tcp(host: host.text, port: port.reduce(0) { $0 << 8 | Int($1) })
  }

  /// The one that takes IPv4 too is what `listen` calls `*`.
  private func tcp6(_ port: ArraySlice<UInt8>, host: ArraySlice<UInt8>) -> ListenAddress? {
    guard case .tcp("::", let port)? = Self.tcp(port, host: host) else { return Self.tcp(port, host: host) }
    var isOnlyIPv6: CInt = 0
    var length = socklen_t(MemoryLayout<CInt>.size)
    let got = getsockopt(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &isOnlyIPv6, &length)
    return .tcp(host: got == 0 && isOnlyIPv6 == 0 ? "*" : "::", port: port)
  }

  private static func unix(_ path: ArraySlice<UInt8>) -> ListenAddress? {
    ListenAddress(text: "unix:" + String(decoding: path, as: UTF8.self))
  }
}

extension ListenAddress {
  /// Those of the held sockets that together take what is meant for this address, and nothing else; none where a part
  /// of it would be served by nobody.
  func served(by held: [ListenAddress], hasIPv6: Bool = Self.hasIPv6) -> [ListenAddress] {
    let same = held.filter(isSame)
    guard same.isEmpty, case .tcp("*", let port) = self else { return same }
    let every = ["0.0.0.0", "::"].map { ListenAddress.tcp(host: $0, port: port) }
    let (ipv4, ipv6) = (held.contains(every[0]), held.contains(every[1]))
    guard ipv4, ipv6 || !hasIPv6 else { return [] }
    return held.filter(every.contains)
  }

  private func isSame(_ held: ListenAddress) -> Bool {
    switch (self, held) {
    case (.unix(let path, _, _), .unix(let other, _, _)): path == other
    case (.tcp, .tcp): self == held
    default: false
    }
  }

  /// Where the kernel has none, every address is every address of IPv4.
  private static var hasIPv6: Bool {
    let descriptor = socket(AF_INET6, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return errno != EAFNOSUPPORT }
    close(descriptor)
    return true
  }

  /// Whether the kernel might not give one of them while the other is held.
  func shares(portOf held: ListenAddress) -> Bool {
    guard case .tcp(_, let port) = self, case .tcp(_, let other) = held else { return false }
    return port == other
  }
}
