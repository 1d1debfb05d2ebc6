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
    case AF_INET6 where bytes.count >= 24: return Self.tcp(bytes[2...3], host: bytes[8...23])
    case AF_UNIX: return Self.unix(bytes.dropFirst(2).prefix { $0 != 0 })
    default: return nil
    }
  }

  private static func tcp(_ port: ArraySlice<UInt8>, host: ArraySlice<UInt8>) -> ListenAddress? {
    guard let host = IPAddress(bytes: Array(host)) else { return nil }
    return .tcp(host: host.text, port: port.reduce(0) { $0 << 8 | Int($1) })
  }

  private static func unix(_ path: ArraySlice<UInt8>) -> ListenAddress? {
    ListenAddress(text: "unix:" + String(decoding: path, as: UTF8.self))
  }
}

extension ListenAddress {
  /// Whether a socket that is bound to `held` takes what is meant for this address, and nothing else.
  func isServed(by held: ListenAddress) -> Bool {
    switch (self, held) {
    case (.unix(let path, _, _), .unix(let other, _, _)): path == other
    case (.tcp(let host, let port), .tcp(let other, let otherPort)):
      port == otherPort && (host == other || host == "*" && Self.everyAddress.contains(other))
    default: false
    }
  }

  /// How `*`, `0.0.0.0` and `[::]` are spelled once they are read.
  private static let everyAddress: Set<String> = ["*", "0.0.0.0", "::"]

  /// Whether the kernel might not give one of them while the other is held.
  func shares(portOf held: ListenAddress) -> Bool {
    guard case .tcp(_, let port) = self, case .tcp(_, let other) = held else { return false }
    return port == other
  }
}
