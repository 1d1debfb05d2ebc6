internal import Glibc
internal import NIOCore

// MARK: - setsockopt(2) and getsockopt(2)

extension EpollChannel {
  func setSocketOption<Value>(_ level: SocketOptionLevel, _ name: SocketOptionName, _ value: Value) throws {
    guard isOpen else { throw ChannelError.ioOnClosedChannel }
    let failed = withUnsafeBytes(of: value) {
      setsockopt(descriptor, CInt(level), name, $0.baseAddress, socklen_t($0.count))
    }
    guard failed == 0 else { throw IOError(errnoCode: errno, reason: "setsockopt") }
  }

  /// - Parameter start: a value of the option's C type, which is overwritten.
  func socketOption<Value>(
    _ level: SocketOptionLevel, _ name: SocketOptionName, _ start: Value
  ) throws -> Value {
    guard isOpen else { throw ChannelError.ioOnClosedChannel }
    var value = start
    let failed = withUnsafeMutableBytes(of: &value) { bytes in
      var count = socklen_t(bytes.count)
      return getsockopt(descriptor, CInt(level), name, bytes.baseAddress, &count)
    }
    guard failed == 0 else { throw IOError(errnoCode: errno, reason: "getsockopt") }
    return value
  }
}

extension SocketChannel: SocketOptionProvider {
  func unsafeSetSocketOption<Value: Sendable>(
    level: SocketOptionLevel, name: SocketOptionName, value: Value
  ) -> EventLoopFuture<Void> {
    onLoop { try self.setSocketOption(level, name, value) }
  }

  func unsafeSetSocketOption<Value: Sendable>(
    level: NIOBSDSocket.OptionLevel, name: NIOBSDSocket.Option, value: Value
  ) -> EventLoopFuture<Void> {
    onLoop { try self.setSocketOption(SocketOptionLevel(level.rawValue), name.rawValue, value) }
  }

  func unsafeGetSocketOption<Value: Sendable>(
    level: SocketOptionLevel, name: SocketOptionName
  ) -> EventLoopFuture<Value> {
    onLoop { try self.plainSocketOption(level, name) }
  }

  func unsafeGetSocketOption<Value: Sendable>(
    level: NIOBSDSocket.OptionLevel, name: NIOBSDSocket.Option
  ) -> EventLoopFuture<Value> {
    onLoop { try self.plainSocketOption(SocketOptionLevel(level.rawValue), name.rawValue) }
  }

  /// The caller vouches that `Value` is the option's C type: that is NIO's word for `unsafe`.
  private func plainSocketOption<Value>(_ level: SocketOptionLevel, _ name: SocketOptionName) throws -> Value
  {
    try withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) { room in
      let bytes = UnsafeMutableRawBufferPointer(room)
      bytes.initializeMemory(as: UInt8.self, repeating: 0)
      return try socketOption(level, name, room[0])
    }
  }
}

// MARK: - Addresses

/// Room for any socket's address, and the call that fills it in.
struct SocketName {
  private var storage = sockaddr_storage()
  private var bytes = socklen_t(MemoryLayout<sockaddr_storage>.size)

  /// `fill` gets what accept(2), getsockname(2) and getpeername(2) want.
  mutating func fill(
    _ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> CInt
  ) -> CInt {
    withUnsafeMutablePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, &bytes) }
    }
  }

  /// Nil for a family that NIO has no address for.
  var address: SocketAddress? {
    withUnsafeBytes(of: storage) { bytes in
      switch CInt(storage.ss_family) {
      case AF_INET: SocketAddress(bytes.loadUnaligned(as: sockaddr_in.self))
      case AF_INET6: SocketAddress(bytes.loadUnaligned(as: sockaddr_in6.self))
      case AF_UNIX: SocketAddress(bytes.loadUnaligned(as: sockaddr_un.self))
      default: nil
      }
    }
  }

  static func local(_ descriptor: CInt) -> SocketAddress? {
    var name = SocketName()
    return name.fill { getsockname(descriptor, $0, $1) } == 0 ? name.address : nil
  }

  static func remote(_ descriptor: CInt) -> SocketAddress? {
    var name = SocketName()
    return name.fill { getpeername(descriptor, $0, $1) } == 0 ? name.address : nil
  }
}
