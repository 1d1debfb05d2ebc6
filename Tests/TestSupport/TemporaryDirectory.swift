public import Foundation

/// A directory of a test's own, gone with the last reference to it.
public final class TemporaryDirectory: Sendable {
  public let path: String

  /// - Parameter folder: where it is made; the system's for temporary files unless a test needs another.
  public init(in folder: String = FileManager.default.temporaryDirectory.path) throws {
    var template = Array((folder + "/vesigate-test-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else {
      throw FixtureError("mkdtemp: \(String(cString: strerror(errno)))")
    }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    Leftovers.clearAtExit
    Leftovers.directories.withLock { _ = $0.insert(path) }
    // The gateway may run as another user.
    chmod(path, 0o755)
  }

  deinit {
    Leftovers.directories.withLock { _ = $0.remove(path) }
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Writes a file at once by renaming, and returns its path.
  @discardableResult
  public func write(_ name: String, _ text: String, mode: mode_t = 0o640) throws -> String {
    let target = "\(path)/\(name)"
    let temporary = "\(path)/.\(name).\(UInt32.random(in: .min ... .max))"
    try Data(text.utf8).write(to: URL(fileURLWithPath: temporary))
    chmod(temporary, mode)
    guard rename(temporary, target) == 0 else { throw FixtureError("\(target) could not be written") }
    return target
  }
}

/// What statics hold to the end of the test process: it is cleared away when that exits.
enum Leftovers {
  static let directories = Locked<Set<String>>([])
  static let children = Locked<Set<pid_t>>([])

  /// To be called wherever something is registered.
  static let clearAtExit: Void = {
    atexit {
      for child in Leftovers.children.withLock({ $0 }) { kill(child, SIGKILL) }
      for path in Leftovers.directories.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
    }
  }()
}
