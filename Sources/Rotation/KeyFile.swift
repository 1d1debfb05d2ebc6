internal import Glibc
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
    guard status.st_mode & 0o007 == 0 else {
      throw FileFailure(.permission, "\(path) is open to every user: chmod 0600 it, then make a new API key")
    }
    var bytes = try Descriptor.read(descriptor, path, bytesMax: 8_192).bytes
    defer { wipe(&bytes) }
    key = try KeyFile.key(in: bytes, path)
    user = status.st_uid
    group = status.st_gid
    mode = status.st_mode & 0o777
  }

  private static func key(in bytes: [UInt8], _ path: String) throws(FileFailure) -> Secret {
    var end = bytes.count
    while end > 0, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
    var line: [UInt8] = []
    line.reserveCapacity(end)
    line += bytes[..<end]
    defer { wipe(&line) }
    if let flaw = SecretText.flaw(in: line) {
      throw FileFailure(.configuration, "\(path) must hold the API key in one line; what it holds \(flaw)")
    }
    return line.withUnsafeBytes { Secret(copying: $0) }
  }
}
