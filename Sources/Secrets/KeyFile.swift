internal import Glibc
internal import POSIX
public import Signing

/// A file with an API key: one line of plain text.
public struct KeyFile {
  public let key: Secret
  public let user: UInt32
  public let group: UInt32
  public let mode: UInt32

  /// - Throws: what keeps it from being used; a key that every user may read is one that is lost.
  public init(_ path: String) throws(FileFailure) {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else { throw FileFailure("read the API key in", path, errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileFailure("read the API key in", path, errno) }
    if let problem = KeyFile.problem(path, status) { throw problem }
    key = try KeyFile.key(behind: descriptor, path)
    user = status.st_uid
    group = status.st_gid
    mode = status.st_mode & 0o777
  }

  private static let bytesMax = 8_192

  private static func key(behind descriptor: Int32, _ path: String) throws(FileFailure) -> Secret {
    var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
    defer { wipe(&bytes) }
    guard let count = IO.fill(&bytes, from: descriptor) else {
      throw FileFailure("read", path, errno)
    }
    guard count <= bytesMax else {
      throw FileFailure(.configuration, "\(path) is larger than \(bytesMax) bytes")
    }
    bytes.removeLast(bytes.count - count)
    return try key(in: bytes, path)
  }

  /// Whoever could put another key in its place would have the provider answer with a secret of his own.
  private static func problem(_ path: String, _ status: stat) -> FileFailure? {
    guard status.st_mode & S_IFMT == S_IFREG else {
      return FileFailure(.configuration, "\(path) is not a regular file: it cannot hold the API key")
    }
    if status.st_mode & 0o007 != 0 {
      return FileFailure(.permission, "\(path) is open to every user: chmod 0600 it, then make a new API key")
    }
    if status.st_mode & 0o020 != 0 {
      return FileFailure(.permission, "\(path) can be written by its group: chmod 0600 it")
    }
    do throws(FileProblem) { try FilePlace.judge(path, status) } catch {
      return FileFailure(
        error.kind == .permission ? .permission : .configuration, "\(path) \(error.sentence)")
    }
    return nil
  }

  /// What keeps a file that this user can look at from being used; it is not opened.
  public static func flaw(at path: String) -> String? {
    var status = stat()
    return stat(path, &status) == 0 ? problem(path, status)?.description : nil
  }

  static func key(in bytes: [UInt8], _ path: String) throws(FileFailure) -> Secret {
    var end = bytes.count
    while end > 0, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
    var line: [UInt8] = []
    line.reserveCapacity(end)
    line += bytes[..<end]
    defer { wipe(&line) }
    if let flaw = SecretFile.flaw(in: line) {
      throw FileFailure(.configuration, "\(path) must hold the API key in one line; what it holds \(flaw)")
    }
    return line.withUnsafeBytes { Secret(copying: $0) }
  }
}
