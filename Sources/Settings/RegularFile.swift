internal import Glibc

/// What tells one state of a file from another without reading it.
public struct FileIdentity: Sendable, Equatable {
  public let device: UInt64
  public let inode: UInt64
  /// Size in bytes.
  public let size: Int64
  public let modifiedNanoseconds: Int64
  /// The inode's own change: it cannot be set back by a program.
  public let changedNanoseconds: Int64

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    modifiedNanoseconds = FileIdentity.nanoseconds(status.st_mtim)
    changedNanoseconds = FileIdentity.nanoseconds(status.st_ctim)
  }

  /// No file has a size below zero.
  var unlikeAny: FileIdentity { FileIdentity(self, size: -1) }

  private init(_ other: FileIdentity, size: Int64) {
    device = other.device
    inode = other.inode
    self.size = size
    modifiedNanoseconds = other.modifiedNanoseconds
    changedNanoseconds = other.changedNanoseconds
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}

/// Why a file could not be read, without its subject.
struct FileProblem: Error {
  var kind: Problem.Kind
  var sentence: String
}

/// A regular file that is open for reading: judged on its descriptor, so that what was judged is what is
/// read.
struct RegularFile: ~Copyable {
  let status: stat
  private let descriptor: Int32

  /// Follows symbolic links; never waits, whatever the path names (a FIFO, a terminal).
  init(_ path: String) throws(FileProblem) {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw FileProblem(opening: errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let problem = FileProblem(opening: errno)
      close(descriptor)
      throw problem
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FileProblem(kind: .configuration, sentence: "is not a regular file")
    }
    self.descriptor = descriptor
    self.status = status
  }

  deinit { close(descriptor) }

  var mode: UInt32 { status.st_mode & 0o7777 }

  /// Reads to the end, also of a file that grows a little meanwhile. The buffer has one block of memory for
  /// all of its life, so that wiping it leaves nothing behind.
  func read(bytesMax: Int) throws(FileProblem) -> [UInt8] {
    let room = min(bytesMax, Int(clamping: status.st_size) + 65_536)
    var buffer = [UInt8](repeating: 0, count: room + 1)
    var count = 0
    while count < buffer.count {
      let got = buffer.withUnsafeMutableBytes { bytes in
        Glibc.read(descriptor, bytes.baseAddress.map { $0 + count }, bytes.count - count)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw FileProblem(opening: errno) }
      guard got > 0 else { break }
      count += got
    }
    guard count <= bytesMax else {
      throw FileProblem(kind: .configuration, sentence: "must not be larger than \(bytesMax) bytes")
    }
    guard count <= room else {
      throw FileProblem(kind: .configuration, sentence: "grew while it was being read: try again")
    }
    buffer.removeLast(buffer.count - count)
    return buffer
  }
}

extension FileProblem {
  static let absent = "does not exist"

  init(opening code: Int32) {
    switch code {
    case ENOENT: self.init(kind: .configuration, sentence: Self.absent)
    case EACCES, EPERM:
      self.init(kind: .permission, sentence: "may not be read by the user with id \(geteuid())")
    // A socket's file cannot be opened at all.
    case ENXIO, ENODEV: self.init(kind: .configuration, sentence: "is not a regular file")
    case ENOTDIR: self.init(kind: .configuration, sentence: "lies below something that is not a directory")
    case ELOOP: self.init(kind: .configuration, sentence: "is a symbolic link that leads in a circle")
    default:
      self.init(kind: .configuration, sentence: "cannot be read: \(String(cString: strerror(code)))")
    }
  }
}
