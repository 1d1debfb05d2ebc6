internal import Glibc

/// Keeps a second daemon off a store. It is a file of its own: SQLite's locks on the database go with any descriptor of
/// that file that this process closes.
final class StoreLock {
  private let file: Int32
  private let whereabouts: Whereabouts?

  /// - Throws: a sentence that says who has it.
  init(_ path: String) throws(StoreFault) {
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else {
      throw .refused("\(path) cannot be opened: \(StoreFault.text(errno)); store.sqlite names another place")
    }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let holder = Self.text(file)
      close(file)
      let who = holder.isEmpty ? "another process" : "process \(holder)"
      throw .refused("\(path) is held by \(who): two daemons on one store would lose deliveries")
    }
    self.file = file
    whereabouts = Whereabouts(path)
    let text = Array("\(getpid())\n".utf8)
    // It helps whoever reads the sentence; the lock itself is the kernel's.
    _ = ftruncate(file, 0)
    _ = pwrite(file, text, text.count, 0)
  }

  deinit {
    // By itself, closing would leave it to a child that is being started at this instant and has a copy still.
    flock(file, LOCK_UN)
    close(file)
  }

  /// Whether the next one would come upon this file.
  var isInPlace: Bool { whereabouts?.look ?? .same == .same }

  private static func text(_ file: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 20)
    let count = pread(file, &bytes, bytes.count, 0)
    return String(decoding: bytes.prefix(max(0, count)).prefix { (0x30...0x39).contains($0) }, as: UTF8.self)
  }
}
