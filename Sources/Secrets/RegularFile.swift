internal import CLinux
internal import Formats
internal import Glibc
internal import POSIX

/// What tells one state of a file from another without reading it.
public struct FileIdentity: Sendable, Equatable {
  public let device: UInt64
  public let inode: UInt64
  /// Size in bytes.
  public let size: Int64
  let modifiedNanoseconds: Int64
  /// The same for people, and to calculate with.
  public let modifiedUnixMilliseconds: Int64
  /// The inode's own change: it cannot be set back by a program.
  let changedNanoseconds: Int64

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    modifiedNanoseconds = FileIdentity.nanoseconds(status.st_mtim)
    modifiedUnixMilliseconds = UnixTime.milliseconds(
      seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
    changedNanoseconds = FileIdentity.nanoseconds(status.st_ctim)
  }

  /// No file has a size below zero.
  var unlikeAny: FileIdentity { FileIdentity(self, size: -1) }

  private init(_ other: FileIdentity, size: Int64) {
    device = other.device
    inode = other.inode
    self.size = size
    modifiedNanoseconds = other.modifiedNanoseconds
    modifiedUnixMilliseconds = other.modifiedUnixMilliseconds
    changedNanoseconds = other.changedNanoseconds
  }

  /// Since 1970, modulo 2^64: times beyond the year 2262 wrap around, and are told from each other all the same.
  static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}

/// A regular file that is open for reading: judged on its descriptor, so that what was judged is what is
/// read.
public struct RegularFile: ~Copyable {
  let status: stat
  private let path: String
  private let descriptor: Int32

  /// Never waits, whatever the path names (a FIFO, a terminal).
  ///
  /// - Parameter followsLinks: whether the path may be a symbolic link itself.
  /// - Throws: why it cannot be opened, or that it is no regular file.
  public init(_ path: String, followsLinks: Bool = true) throws(FileProblem) {
    try self.init(AT_FDCWD, path, path, followsLinks: followsLinks)
  }

  /// The same of a name in an open directory; `path` is for messages.
  init(
    _ directory: Int32, _ name: String, _ path: String, followsLinks: Bool
  ) throws(FileProblem) {
    let links = followsLinks ? 0 : O_NOFOLLOW
    let descriptor = openat(directory, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY | links)
    guard descriptor >= 0 else {
      guard followsLinks || errno != ELOOP else {
        throw FileProblem(kind: .configuration, sentence: "is a symbolic link")
      }
      throw FileProblem(opening: path, errno)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let problem = FileProblem(opening: path, errno)
      close(descriptor)
      throw problem
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FileProblem(kind: .configuration, sentence: "is not a regular file")
    }
    self.path = path
    self.descriptor = descriptor
    self.status = status
  }

  deinit { close(descriptor) }

  var mode: UInt32 { status.st_mode & 0o7777 }

  var isOnReadOnlyMount: Bool {
    var system = statvfs()
    return fstatvfs(descriptor, &system) == 0 && system.f_flag & UInt(ST_RDONLY) != 0
  }

  /// Refuses `procfs` and its like, whose files are the kernel's own words.
  func judgeFileSystem() throws(FileProblem) {
    guard let kind = vg_kernel_file_system(descriptor) else { return }
    throw FileProblem(
      kind: .permission,
      sentence:
        "lies on \(String(cString: kind)), where the kernel writes what anybody can guess: name a file")
  }

  /// Reads to the end, also of a file that grows a little meanwhile. The buffer has one block of memory for
  /// all of its life, so that wiping it leaves nothing behind.
  ///
  /// - Throws: also where there is more than `bytesMax`, or it grew a lot meanwhile.
  public func read(bytesMax: Int) throws(FileProblem) -> [UInt8] {
    let room = min(bytesMax, Int(clamping: status.st_size) + 65_536)
    var buffer = [UInt8](repeating: 0, count: room + 1)
    guard let count = IO.fill(&buffer, from: descriptor) else {
      throw FileProblem(opening: path, errno)
    }
    guard count <= bytesMax else {
      throw FileProblem(kind: .configuration, sentence: "must not be larger than \(bytesMax) bytes")
    }
    guard count <= room else {
      throw FileProblem(
        kind: .configuration, sentence: "grew while it was being read: try again", cause: .access)
    }
    buffer.removeLast(buffer.count - count)
    return buffer
  }
}
