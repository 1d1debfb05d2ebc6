internal import ArgumentParser
internal import Formats
internal import Gateway
internal import Glibc
internal import Operations

/// A new folder of deliveries, each a pair of files: `ID.http`, the request as one that was saved, and `ID.json`, what
/// is known of it and of its jobs, an object a line.
struct DeliveryFolder {
  let path: String
  private let descriptor: Int32

  /// Before anything is read somebody is told that it cannot be.
  static func check(_ path: String) throws {
    var status = stat()
    guard lstat(path, &status) != 0 else { throw failure(path, EEXIST) }
    if errno != ENOENT { throw failure(path, errno) }
  }

  init(making path: String) throws {
    self.path = path
    guard mkdir(path, 0o700) == 0 else { throw Self.failure(path, errno) }
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0, fchmod(descriptor, 0o700) == 0 else { throw Self.failure(path, errno) }
  }

  private static func failure(_ path: String, _ code: Int32) -> ExitCode {
    complain("vesigate: \(path): \(String(cString: strerror(code)))")
    return code == EACCES || code == EPERM ? ExitStatus.permission : ExitStatus.cannotCreate
  }

  /// - Parameter id: of the daemon's or the store's: no name that leads elsewhere.
  func write(_ stored: QueueAnswer.Stored, request: [UInt8], jobs: [QueueAnswer.Job]) throws {
    guard let id = PublicID(stored.id) else {
      complain("vesigate: \(stored.id) is no delivery's id")
      throw ExitStatus.unavailable
    }
    let lines = ([stored.json] + jobs.map(\.json)).map { $0 + "\n" }.joined()
    try PrivateFile.write(request, to: "\(id).http", in: descriptor)
    try PrivateFile.write(Array(lines.utf8), to: "\(id).json", in: descriptor)
  }

  /// Makes the names last, and ends it.
  func finish() throws {
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      complain("vesigate: \(path): \(String(cString: strerror(errno)))")
      throw ExitStatus.storage
    }
  }
}
