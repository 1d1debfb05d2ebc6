internal import Foundation

/// A few functions in C that a program under test has in place of the C library's.
public final class PreloadedLibrary: Sendable {
  private let directory: TemporaryDirectory
  private var path: String { directory.path + "/preloaded.so" }

  /// What loads it into a program.
  public var environment: [String: String] { ["LD_PRELOAD": path] }

  /// Nil where no C compiler is at hand, or a sanitizer must be the first library.
  public init?(_ source: String) {
    guard !Sanitizers.areOn, let directory = try? TemporaryDirectory() else { return nil }
    self.directory = directory
    guard let file = try? directory.write("preloaded.c", source) else { return nil }
    for compiler in ["clang", "cc"] {
      let child = try? ChildProcess(
        [compiler, "-shared", "-fPIC", "-o", path, file],
        environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"])
      if child?.waitForExit(within: 30) == 0 { return }
    }
    return nil
  }
}
