internal import Glibc

/// What stands in symbolic links.
enum FileLink {
  /// As messages tell of it; nil where the path is no link.
  static func target(of path: String) -> String? {
    bytes(of: path).map { String(decoding: $0, as: UTF8.self) }
  }

  /// To go on by: nil, too, where it is no UTF-8, for another text would lead elsewhere.
  static func exactTarget(of path: String) -> String? {
    bytes(of: path).flatMap { String(validating: $0, as: UTF8.self) }
  }

  private static func bytes(of path: String) -> [UInt8]? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &buffer, buffer.count)
    return count > 0 ? buffer[..<count].map(UInt8.init(bitPattern:)) : nil
  }
}
