public import Glibc

/// Where a unix socket lies (unix(7)).
public struct UnixAddress: Sendable {
  /// The longest path, in bytes: `sun_path` has 108, and its last is a NUL.
  public static let pathBytesMax = 107

  private let address: sockaddr_un
  private let bytes: socklen_t

  /// The socket file at a path; nil where that is longer than one can be.
  public init?(path: String) {
    let name = Array(path.utf8)
    guard name.count <= Self.pathBytesMax else { return nil }
    address = Self.filled(name)
    bytes = socklen_t(MemoryLayout<sockaddr_un>.size)
  }

  /// The same, or a name without a file, which begins with `@` here.
  public init?(pathOrAbstractName name: [UInt8]) {
    guard (1...Self.pathBytesMax).contains(name.count) else { return nil }
    // All that the length covers is an abstract name.
    address = Self.filled(name[0] == UInt8(ascii: "@") ? [0] + name.dropFirst() : name)
    bytes = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
  }

  private static func filled(_ name: [UInt8]) -> sockaddr_un {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    return address
  }

  /// Lends the address to `bind`, `connect` or `sendto`.
  public func withSocketAddress<Result>(
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, bytes) }
    }
  }
}
