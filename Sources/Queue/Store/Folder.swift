internal import Glibc

/// The folder that a file lies in.
enum Folder {
  static func path(of file: String) -> String {
    guard let slash = file.lastIndex(of: "/") else { return "." }
    return slash == file.startIndex ? "/" : String(file[..<slash])
  }

  /// Makes a new name in it last; false where that failed.
  static func sync(of file: String) -> Bool {
    let folder = open(path(of: file), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return false }
    defer { close(folder) }
    return fsync(folder) == 0
  }

  /// Makes what a file holds, and its length, last; false where that failed.
  static func syncFile(_ path: String) -> Bool {
    let file = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else { return false }
    defer { close(file) }
    return fdatasync(file) == 0
  }

  /// Bytes that may still be written there by who is not root; nil where the kernel does not say.
  static func freeBytes(of file: String) -> Int64? {
    var status = statvfs()
    guard statvfs(path(of: file), &status) == 0 else { return nil }
    return Int64(
      clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
  }
}
