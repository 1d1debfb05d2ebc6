import Foundation
import Testing

/// A text of the project that people read, taken apart so that its promises can be held against the code.
struct Document: Sendable, CustomTestStringConvertible {
  struct Block: Sendable {
    /// What stands behind the fence: `yaml`, `sh tested`.
    let kind: String
    let text: String
  }

  let path: String
  let text: String

  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  init(_ path: String) {
    self.path = path
    text = (try? String(contentsOf: Document.root.appending(path: path), encoding: .utf8)) ?? ""
  }

  static let readme = Document("README.md")
  static let all = [
    readme, Document("docs/layouts.md"), Document("docs/design.md"), Document("docs/rotation.md"),
    Document("docs/operations.md"), Document("docs/diagnosis.md"), Document("docs/threat-model.md"),
    Document("docs/systemd.md"), Document("docs/bounds.md"), Document("docs/testing.md"),
    Document("docs/performance.md"), Document("docs/durable.md"), Document("docs/apps.md"),
    Document("docs/fronts.md"), Document("docs/configuration.md"), Document("docs/commands.md"),
    Document("docs/deliveries.md"), Document("docs/containers.md"), Document("docs/backup.md"),
    Document("docs/inspector.md"),
  ]

  /// The texts that docs/ holds.
  static func inFolder() throws -> Set<String> {
    let names = try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "docs").path)
    return Set(names.filter { $0.hasSuffix(".md") }.map { "docs/" + $0 })
  }

  /// The texts of all Swift files below a folder of the project.
  static func swiftTexts(below folder: String) throws -> [String] {
    let place = root.appending(path: folder)
    let files = try #require(FileManager.default.enumerator(at: place, includingPropertiesForKeys: nil))
    return try files.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
      .map { try String(contentsOf: $0, encoding: .utf8) }
  }

  var testDescription: String { path }

  /// The fenced blocks of one kind, in order.
  func blocks(_ kind: String) -> [String] {
    pieces.filter { $0.kind == kind }.map(\.text)
  }

  /// Everything between fences, and everything outside of them as a block of the kind "prose".
  private var pieces: [Block] {
    var isFence = true
    return "\n\(text)".components(separatedBy: "\n```").map { piece in
      isFence.toggle()
      guard isFence else { return Block(kind: "prose", text: piece) }
      let lines = piece.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      return Block(kind: String(lines[0]), text: lines.count > 1 ? lines[1] + "\n" : "")
    }
  }

  /// What stands in backquotes within a line.
  var inlineCode: [String] {
    blocks("prose").flatMap { $0.matches(of: /`([^`\n]+)`/).map { String($0.1) } }
  }

  /// The cells of the first table below a heading, or below a line, that begins so.
  func table(below start: String) -> [[String]] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let behind = lines.drop { !$0.hasPrefix(start) }.drop { !$0.hasPrefix("|") }
    return behind.prefix { $0.hasPrefix("|") }.dropFirst(2).map { line in
      line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }
}
