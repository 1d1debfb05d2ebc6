internal import Glibc
internal import POSIX

/// One rotate, set or retire per secret file at a time, by flock on `NAME.lock`. The kernel lets go of it
/// when the process ends, however that comes about. The file itself stays.
public final class SecretLock {
  private let descriptor: Int32

  /// - Parameter command: what the next one is told that holds the lock.
  /// - Throws: at once where another process holds it.
  public init(_ folder: SecretFolder, command: String) throws(LockFailure) {
    let path = folder.path(of: .lock)
    let descriptor: Int32
    do throws(FileFailure) { descriptor = try SecretLock.open(folder) } catch { throw .file(error) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      let holder = SecretLock.holder(descriptor)
      close(descriptor)
      throw code == EWOULDBLOCK ? .held(by: holder) : .file(FileFailure("lock", path, code))
    }
    // Only for the next one's information: a full disk must not keep an answer that is on it from being used.
    if ftruncate(descriptor, 0) == 0 {
      try? Descriptor.write(descriptor, Array("\(getpid()) \(command)\n".utf8), path)
    }
    self.descriptor = descriptor
  }

  /// Not for the group: whoever can open it could hold it. So another's gives way to one of ours.
  private static func open(_ folder: SecretFolder) throws(FileFailure) -> Int32 {
    let name = folder.name(of: .lock)
    let descriptor = openat(
      folder.directory, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
    let code = errno
    var status = stat()
    if descriptor >= 0 {
      if fstat(descriptor, &status) == 0, folder.file(.lock).isBelieved(status) { return descriptor }
      close(descriptor)
    }
    guard fstatat(folder.directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0,
      !folder.file(.lock).isBelieved(status)
    else { throw FileFailure("lock", folder.path(of: .lock), descriptor < 0 ? code : EAGAIN) }
    return try folder.create(name)
  }

  deinit { close(descriptor) }

  /// Who holds it, as he wrote it down; he may be about to.
  private static func holder(_ descriptor: Int32) -> String {
    let bytes = (try? IO.readToEnd(descriptor, bytesMax: 4_096)) ?? []
    let line = String(decoding: bytes, as: UTF8.self).prefix { $0 != "\n" }
    let parts = line.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, let process = Int32(parts[0]) else { return "another process" }
    return "process \(process) (\(parts[1]))"
  }
}
