internal import CLinux
internal import Glibc

/// A path, and the file that it led to when somebody opened that. The descriptor reads nothing: closing one that could
/// would take SQLite's locks along.
final class Whereabouts {
  enum Look {
    case same
    /// Nothing is there.
    case gone
    case other
  }

  let path: String
  private let descriptor: Int32
  private let device: dev_t
  private let inode: ino_t

  /// Nil where nothing can be seen.
  init?(_ path: String) {
    let descriptor = vg_hold_file(path)
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
      if descriptor >= 0 { close(descriptor) }
      return nil
    }
    self.path = path
    self.descriptor = descriptor
    device = status.st_dev
    inode = status.st_ino
  }

  deinit { close(descriptor) }

  /// What the path leads to now.
  var look: Look {
    var status = stat()
    // Where nobody may look, or can, it may lie there still.
    guard lstat(path, &status) == 0 else { return errno == ENOENT || errno == ENOTDIR ? .gone : .same }
    return status.st_dev == device && status.st_ino == inode ? .same : .other
  }

  var isEmpty: Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_size == 0
  }

  /// No name leads to it any more.
  var isDeleted: Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_nlink == 0
  }

  /// Where it lies by now, for a sentence.
  var newPlace: String {
    var name = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/fd/\(descriptor)", &name, name.count)
    guard count > 0 else { return "elsewhere" }
    return String(decoding: name[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
