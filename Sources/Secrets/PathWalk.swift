internal import Glibc

/// The way from the root to a file as the kernel goes it, one step for each folder, link and file. It ends where
/// something cannot be looked at: what is behind is not in anybody's way.
struct PathWalk: Sequence, IteratorProtocol {
  struct Step {
    /// Without a link in its folders.
    let path: String
    let folder: String
    let status: stat
    /// Of a link; nil where it is none, or one that cannot be read.
    let target: String?

    var isFolder: Bool { status.st_mode & S_IFMT == S_IFDIR }
    var isLink: Bool { status.st_mode & S_IFMT == S_IFLNK }
  }

  /// As the kernel has it.
  private static let linksMax = 40

  private var done: [Substring] = []
  /// What is left to go, the next one last.
  private var left: [Substring]
  private var links = 0

  init(_ path: String) {
    left = PathWalk.parts(path.hasPrefix("/") ? path : PathWalk.workingFolder + "/" + path)
  }

  private static func parts(_ path: String) -> [Substring] { path.split(separator: "/").reversed() }

  private static var workingFolder: String {
    guard let text = getcwd(nil, 0) else { return "" }
    defer { free(text) }
    return String(cString: text)
  }

  mutating func next() -> Step? {
    while let name = left.popLast() {
      switch name {
      case ".": continue
      case "..": _ = done.popLast()
      default: return step(to: name)
      }
    }
    return nil
  }

  private mutating func step(to name: Substring) -> Step? {
    let folder = "/" + done.joined(separator: "/")
    let path = folder == "/" ? folder + name : "\(folder)/\(name)"
    var status = stat()
    guard lstat(path, &status) == 0 else { return end() }
    let isLink = status.st_mode & S_IFMT == S_IFLNK
    let step = Step(
      path: path, folder: folder, status: status, target: isLink ? FileLink.exactTarget(of: path) : nil)
    if step.isFolder { done.append(name) }
    if step.isLink {
      links += 1
      guard links <= PathWalk.linksMax, let target = step.target else {
        left = []
        return step
      }
      if target.hasPrefix("/") { done = [] }
      left += PathWalk.parts(target)
    }
    return step
  }

  private mutating func end() -> Step? {
    left = []
    return nil
  }
}
