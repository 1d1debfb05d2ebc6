internal import Glibc

/// What a file operation failed at.
public struct FileFailure: Error, Sendable, Equatable, CustomStringConvertible {
  public enum Kind: Sendable, Equatable {
    /// The user may not.
    case permission
    /// The file system is read-only.
    case readOnly
    /// The disk is full, or broken.
    case storage
    /// The path does not lead to what is wanted.
    case configuration
  }

  public let kind: Kind
  /// `cannot write /etc/vesigate/secrets/a.journal: No space left on device`
  public let description: String

  public init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  /// - Parameter code: an `errno`.
  init(_ doing: String, _ path: String, _ code: Int32) {
    let reason = String(cString: strerror(code))
    let who = code == EACCES || code == EPERM ? " (as the user with id \(geteuid()))" : ""
    self.init(FileFailure.kind(of: code), "cannot \(doing) \(path): \(reason)\(who)")
  }

  /// What keeps a file from being read.
  init(_ path: String, _ problem: FileProblem) {
    let kind: Kind =
      switch (problem.kind, problem.cause) {
      case (.permission, _): .permission
      case (.configuration, .access): .storage
      case (.configuration, _): .configuration
      }
    self.init(kind, "\(path) \(problem.sentence)")
  }

  private static func kind(of code: Int32) -> Kind {
    switch code {
    case EACCES, EPERM: .permission
    case EROFS: .readOnly
    case ENOENT, ENOTDIR, ELOOP, EISDIR, ENAMETOOLONG: .configuration
    default: .storage
    }
  }
}
