import Foundation

/// The project's own text files.
enum ProjectFiles {
  /// The folder of Package.swift, found from this file's place in it.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// What git knows or would add; where there is no git, as in an unpacked archive, all but what is built.
  static func read() throws -> [TidyFile] {
    let paths = tracked() ?? walked()
    return paths.sorted().compactMap { path in
      // Whatever bytes a fuzzer found worth keeping.
      guard !path.hasPrefix("Tests/Fuzz/Corpus/"),
        let data = try? Data(contentsOf: root.appendingPathComponent(path)),
        !data.contains(0), let text = String(bytes: data, encoding: .utf8)
      else { return nil }
      return TidyFile(path: path, text: text)
    }
  }

  private static func tracked() -> [String]? {
    let git = Process()
    git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    git.arguments = [
      "git", "-C", root.path, "ls-files", "-z", "--cached", "--others", "--exclude-standard",
    ]
    let output = Pipe()
    git.standardOutput = output
    git.standardError = FileHandle.nullDevice
    guard (try? git.run()) != nil else { return nil }
    let data = output.fileHandleForReading.readDataToEndOfFile()
    git.waitUntilExit()
    guard git.terminationStatus == 0 else { return nil }
    let paths = data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    return paths.contains("Package.swift") ? paths : nil
  }

  private static func walked() -> [String] {
    let all = FileManager.default.enumerator(atPath: root.path)
    var paths: [String] = []
    while let path = all?.nextObject() as? String {
      if path.hasPrefix(".build") || path == ".git" || path == "dist" {
        all?.skipDescendants()
      } else if path != "Package.resolved" {
        paths.append(path)
      }
    }
    return paths
  }
}
