internal import Glibc

/// The environment that the program was started with.
enum ProcessEnvironment {
  /// Read from the kernel: Swift 6 does not let the C library's mutable global be used.
  static func read() -> [String: String] {
    var variables: [String: String] = [:]
    for entry in bytes("/proc/self/environ").split(separator: 0) {
      guard let equals = entry.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = String(decoding: entry[..<equals], as: UTF8.self)
      variables[name] = String(decoding: entry[(equals + 1)...], as: UTF8.self)
    }
    return variables
  }

  private static func bytes(_ path: String) -> [UInt8] {
    guard let bytes = try? BoundedFile.read(path, bytesMax: 4 * 1_048_576) else { return [] }
    return bytes
  }
}
