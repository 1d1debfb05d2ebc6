import Foundation

/// Where a program lies. Python looks for its library beside what it was called as, on the PATH that it was given, which
/// need not be the one that it was found on.
enum ProgramPath {
  static func find(_ name: String) -> String {
    guard !name.contains("/") else { return name }
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 } ?? name
  }
}
