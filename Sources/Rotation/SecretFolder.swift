internal import CLinux
internal import Glibc
internal import Signing

/// A secret file and what a rotation keeps beside it. Every write is a temporary file, synced, renamed, and
/// the directory synced; the temporary names are fixed, so that a crash leaves nothing that piles up. Only
/// the holder of the file's lock writes.
public final class SecretFolder {
  /// The files beside the secret file.
  public enum Companion: String, CaseIterable, Sendable {
    case lock, journal, next, previous
  }

  /// Who gets a file that is written here.
  public struct Ownership: Sendable, Equatable {
    public var user: UInt32
    /// The directory's.
    public var group: UInt32
    /// At most 0640.
    public var mode: UInt32
  }

  /// The secret file's.
  public let path: String
  public let ownership: Ownership
  let directory: Int32
  let name: String

  /// - Throws: when there is no such directory, or the secret file is not a file to be replaced.
  public init(_ path: String) throws(FileFailure) {
    guard let slash = path.lastIndex(of: "/"), path.last != "/" else {
      throw FileFailure(.configuration, "\(path) is not an absolute path of a file")
    }
    let folder = slash == path.startIndex ? "/" : String(path[..<slash])
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileFailure("open the directory", folder, errno) }
    let name = String(path[path.index(after: slash)...])
    do {
      ownership = try SecretFolder.ownership(descriptor, name, path)
    } catch {
      close(descriptor)
      throw error
    }
    self.path = path
    self.name = name
    directory = descriptor
  }

  deinit { close(directory) }

  private static func ownership(
    _ directory: Int32, _ name: String, _ path: String
  ) throws(FileFailure) -> Ownership {
    var folder = stat()
    guard fstat(directory, &folder) == 0 else { throw FileFailure("look at the directory of", path, errno) }
    var file = stat()
    guard fstatat(directory, name, &file, AT_SYMLINK_NOFOLLOW) == 0 else {
      guard errno == ENOENT else { throw FileFailure("look at", path, errno) }
      return Ownership(user: geteuid(), group: folder.st_gid, mode: 0o640)
    }
    guard file.st_mode & S_IFMT == S_IFREG else {
      let what = file.st_mode & S_IFMT == S_IFLNK ? "a symbolic link" : "no regular file"
      throw FileFailure(
        .configuration, "\(path) is \(what): a rotation replaces the file itself, so name that one")
    }
    // Only root can give files away.
    let user = geteuid() == 0 ? file.st_uid : geteuid()
    return Ownership(user: user, group: folder.st_gid, mode: 0o600 | (file.st_mode & 0o040))
  }

  public func path(of companion: Companion) -> String { "\(path).\(companion.rawValue)" }

  func name(of companion: Companion?) -> String { companion.map { "\(name).\($0.rawValue)" } ?? name }

  func path(of companion: Companion?) -> String { companion.map { path(of: $0) } ?? path }

  /// - Throws: when this user cannot create files beside the secret file.
  public func checkWritable() throws(FileFailure) {
    guard faccessat(directory, ".", W_OK | X_OK, AT_EACCESS) == 0 else {
      throw FileFailure("write into the directory of", path, errno)
    }
  }

  // MARK: Reading

  /// A file's bytes, which the caller wipes, and when it was written in Unix milliseconds; nil when there is
  /// none. `nil` for the companion is the secret file itself.
  func read(_ companion: Companion?, bytesMax: Int = 65_536) throws(FileFailure) -> (
    bytes: [UInt8], modified: Int64
  )? {
    let descriptor = openat(
      directory, name(of: companion), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw FileFailure("read", path(of: companion), errno)
    }
    defer { close(descriptor) }
    return try Descriptor.read(descriptor, path(of: companion), bytesMax: bytesMax)
  }

  /// Whether the companion is there, empty or not.
  func size(of companion: Companion) -> Int? {
    var status = stat()
    let found = fstatat(directory, name(of: companion), &status, AT_SYMLINK_NOFOLLOW) == 0
    return found ? Int(status.st_size) : nil
  }

  // MARK: Writing

  /// Replaces a file as a whole.
  func write(_ companion: Companion?, _ bytes: [UInt8]) throws(FileFailure) {
    let temporary = temporaryName(companion)
    let descriptor = try openForWriting(temporary)
    defer { close(descriptor) }
    try Descriptor.write(descriptor, bytes, fullName(temporary))
    try rename(temporary, to: name(of: companion))
  }

  /// Takes a file away; one that is not there is no failure.
  func remove(_ companion: Companion) throws(FileFailure) {
    try removeName(name(of: companion))
  }

  /// Takes away what a crash may have left of a write.
  func removeTemporaries() throws(FileFailure) {
    for companion in [nil, .journal, .previous] as [Companion?] {
      try removeName(temporaryName(companion))
    }
  }

  private func removeName(_ name: String) throws(FileFailure) {
    guard unlinkat(directory, name, 0) == 0 else {
      if errno == ENOENT { return }
      throw FileFailure("remove", fullName(name), errno)
    }
    try sync()
  }

  /// Creates an empty `.next`, and has room reserved for the answer and for `.previous`: a full disk shows
  /// before the provider is called.
  func reserveNext() throws(FileFailure) {
    for name in [name(of: .next), temporaryName(.previous)] {
      let descriptor = try openForWriting(name)
      defer { close(descriptor) }
      try Descriptor.reserve(descriptor, bytes: 16_384, fullName(name))
    }
    try sync()
  }

  /// Writes the answer into the room that was reserved for it.
  func writeNext(_ secret: Secret) throws(FileFailure) {
    let descriptor = try openForWriting(name(of: .next))
    defer { close(descriptor) }
    var line = SecretFolder.line(secret)
    defer { wipe(&line) }
    try Descriptor.write(descriptor, line, path(of: .next))
    try sync()
  }

  /// Makes `.next` the secret file.
  func publishNext() throws(FileFailure) {
    try rename(name(of: .next), to: name)
  }

  static func line(_ secret: Secret) -> [UInt8] {
    var line: [UInt8] = []
    line.reserveCapacity(secret.count + 1)
    secret.withBytes { line += $0 }
    line.append(UInt8(ascii: "\n"))
    return line
  }

  private func temporaryName(_ companion: Companion?) -> String { name(of: companion) + ".tmp" }

  /// Opens a file of ours, empty. What is there is emptied only where it is not: that keeps reserved room.
  private func openForWriting(_ name: String) throws(FileFailure) -> Int32 {
    let descriptor = openat(directory, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileFailure("write", fullName(name), errno) }
    do {
      try Descriptor.prepare(descriptor, ownership, fullName(name))
    } catch {
      close(descriptor)
      throw error
    }
    return descriptor
  }

  private func rename(_ from: String, to: String) throws(FileFailure) {
    guard renameat(directory, from, directory, to) == 0 else {
      throw FileFailure("rename \(fullName(from)) to", fullName(to), errno)
    }
    try sync()
  }

  private func sync() throws(FileFailure) {
    guard fsync(directory) == 0 else { throw FileFailure("sync the directory of", path, errno) }
  }

  private func fullName(_ name: String) -> String { String(path.dropLast(self.name.count)) + name }
}

/// What is done with an open file.
enum Descriptor {
  /// Reads to the end into one block of memory, so that wiping the result leaves nothing behind.
  static func read(
    _ descriptor: Int32, _ path: String, bytesMax: Int
  ) throws(FileFailure) -> (bytes: [UInt8], modified: Int64) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileFailure("read", path, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileFailure(.configuration, "\(path) is not a regular file")
    }
    var buffer = [UInt8](repeating: 0, count: bytesMax + 1)
    var count = 0
    while count < buffer.count {
      let got = buffer.withUnsafeMutableBytes { bytes in
        Glibc.read(descriptor, bytes.baseAddress.map { $0 + count }, bytes.count - count)
      }
      if got < 0, errno == EINTR { continue }
      guard got >= 0 else { throw FileFailure("read", path, errno) }
      guard got > 0 else { break }
      count += got
    }
    guard count <= bytesMax else {
      wipe(&buffer)
      throw FileFailure(.configuration, "\(path) is larger than \(bytesMax) bytes")
    }
    buffer.removeLast(buffer.count - count)
    return (buffer, Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000)
  }

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
    var count = 0
    while count < bytes.count {
      let put = bytes.withUnsafeBytes { bytes in
        Glibc.write(descriptor, bytes.baseAddress.map { $0 + count }, bytes.count - count)
      }
      if put < 0, errno == EINTR { continue }
      guard put > 0 else { throw FileFailure("write", path, put == 0 ? ENOSPC : errno) }
      count += put
    }
    guard fsync(descriptor) == 0 else { throw FileFailure("sync", path, errno) }
  }

  /// Blocks, but no bytes. On a file system that cannot do it none are reserved.
  static func reserve(_ descriptor: Int32, bytes: Int, _ path: String) throws(FileFailure) {
    while vg_reserve(descriptor, bytes) != 0 {
      if errno == EINTR { continue }
      if errno == EOPNOTSUPP || errno == ENOSYS { return }
      throw FileFailure("reserve room for", path, errno)
    }
    guard fsync(descriptor) == 0 else { throw FileFailure("sync", path, errno) }
  }
}
