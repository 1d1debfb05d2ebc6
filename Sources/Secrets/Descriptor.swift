internal import CLinux
internal import Glibc
internal import POSIX

/// What is done with an open file.
enum Descriptor {
  /// Empties a file and gives it its owner and mode.
  static func prepare(
    _ descriptor: Int32, _ ownership: SecretFolder.Ownership, _ path: String
  ) throws(FileFailure) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileFailure("write", path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileFailure(.configuration, "\(path) is not a regular file: remove it")
    }
    if status.st_size > 0, ftruncate(descriptor, 0) != 0 { throw FileFailure("write", path, errno) }
    if status.st_uid != ownership.user || status.st_gid != ownership.group {
      guard fchown(descriptor, ownership.user, ownership.group) == 0 else {
        throw FileFailure("give the directory's group to", path, errno)
      }
    }
    // After the owner: changing that may clear bits, and nobody else may read it in between.
    guard fchmod(descriptor, ownership.mode) == 0 else { throw FileFailure("set the mode of", path, errno) }
  }

  static func write(_ descriptor: Int32, _ bytes: [UInt8], _ path: String) throws(FileFailure) {
    let failed = IO.writeAll(descriptor, bytes)
    guard failed == 0 else { throw FileFailure("write", path, failed) }
    guard fsync(descriptor) == 0 else { throw FileFailure("sync", path, errno) }
  }

  /// Blocks, but no bytes. On a file system that cannot do it none are reserved.
  static func reserve(_ descriptor: Int32, bytes: Int, _ path: String) throws(FileFailure) {
    if IO.retrying({ vg_reserve(descriptor, bytes) }) != 0 {
      if errno == EOPNOTSUPP || errno == ENOSYS { return }
      throw FileFailure("reserve room for", path, errno)
    }
    guard fsync(descriptor) == 0 else { throw FileFailure("sync", path, errno) }
  }
}
