internal import Glibc

/// One rotate, set or retire per secret file at a time, by flock on `NAME.lock`. The kernel lets go of it
/// when the process ends, however that comes about. The file itself stays.
public final class RotationLock {
  public enum Refusal: Error, Sendable, Equatable {
    /// `process 4711 (vesigate secret rotate)`
    case held(by: String)
    case file(FileFailure)
  }

  private let descriptor: Int32

  /// - Parameter command: what the next one is told that holds the lock.
  public init(_ folder: SecretFolder, command: String) throws(Refusal) {
    let path = folder.path(of: .lock)
    // Not for the group: whoever can open it could hold it.
    let descriptor = openat(
      folder.directory, folder.name(of: .lock), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .file(FileFailure("lock", path, errno)) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      let holder = RotationLock.holder(descriptor, path)
      close(descriptor)
      throw code == EWOULDBLOCK ? .held(by: holder) : .file(FileFailure("lock", path, code))
    }
    do throws(FileFailure) {
      guard ftruncate(descriptor, 0) == 0 else { throw FileFailure("write", path, errno) }
      try Descriptor.write(descriptor, Array("\(getpid()) \(command)\n".utf8), path)
    } catch {
      close(descriptor)
      throw .file(error)
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Who holds it, as he wrote it down; he may be about to.
  private static func holder(_ descriptor: Int32, _ path: String) -> String {
    let bytes = (try? Descriptor.read(descriptor, path, bytesMax: 4_096))?.bytes ?? []
    let line = String(decoding: bytes, as: UTF8.self).prefix { $0 != "\n" }
    let parts = line.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, let process = Int32(parts[0]) else { return "another process" }
    return "process \(process) (\(parts[1]))"
  }
}
