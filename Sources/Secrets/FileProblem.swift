internal import Glibc

/// Why a file could not be read, without its subject.
public struct FileProblem: Error, Sendable, Equatable {
  /// What the exit code is chosen by.
  public enum Kind: Sendable, Equatable {
    case configuration
    /// A file may not be read, or too many may read it.
    case permission
  }

  /// How long it lasts.
  public enum Cause: Sendable, Equatable {
    /// What the file is or holds: the problem stays as long as the file is the same.
    case content
    /// Who else could read or replace it, or what stands beside it: that changes without the file.
    case surroundings
    /// It could not be opened or read, which may pass: nobody knows what it holds.
    case access
  }

  public var kind: Kind
  public var sentence: String
  public var cause: Cause

  public static let absent = "does not exist"
  /// Another file came into its place between two looks: reading it anew helps.
  static let replaced = "was replaced while it was being read: try again"

  /// - Parameter code: an `errno` of opening `path`.
  init(opening path: String, _ code: Int32) {
    switch code {
    case ENOENT:
      let target = FileLink.target(of: path)
      self.init(
        kind: .configuration,
        sentence: target.map {
          "is a symbolic link to \($0), which does not exist: put the file there, or remove the link and name the file"
        } ?? Self.absent, cause: .access)
    case EACCES, EPERM:
      self.init(kind: .permission, sentence: FileUser.current.mayNotRead(path), cause: .access)
    // A socket's file cannot be opened at all.
    case ENXIO, ENODEV: self.init(kind: .configuration, sentence: "is not a regular file")
    case ENOTDIR:
      self.init(
        kind: .configuration, sentence: "lies below something that is not a directory", cause: .access)
    case ELOOP:
      self.init(
        kind: .configuration, sentence: "is a symbolic link that leads in a circle", cause: .access)
    default:
      self.init(
        kind: .configuration, sentence: "cannot be read: \(String(cString: strerror(code)))", cause: .access)
    }
  }

  init(kind: Kind, sentence: String, cause: Cause? = nil) {
    self.kind = kind
    self.sentence = sentence
    self.cause = cause ?? (kind == .permission ? .surroundings : .content)
  }
}
