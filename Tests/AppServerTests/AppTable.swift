import Foundation
import TestSupport
import Testing

/// The table that `make test-apps` prints: each cell is an expectation too.
enum AppTable {
  private static let path = ProcessInfo.processInfo.environment["APPS_TABLE"]

  /// Runs `body`, which gives a word about how it went, and notes that; what it throws is an issue.
  static func cell(_ server: AppServer, _ name: String, _ app: RunningApp, _ body: () throws -> String) {
    cell(server.name, name, said: { app.lines }, body)
  }

  /// The same for an app that docs/apps.md shows; the table has these by themselves.
  static func example(_ app: RunningExample, _ name: String, _ body: () throws -> Void) {
    cell("example \(app.app.name)", name, said: { app.lines }) {
      try body()
      return "ok"
    }
  }

  private static func cell(
    _ server: String, _ name: String, said: () -> [String], _ body: () throws -> String
  ) {
    do {
      note(server, name, try body())
    } catch {
      note(server, name, "FAILED")
      Issue.record(
        "\(server), \(name): \(error)\nThe app's processes said:\n\(said().joined(separator: "\n"))")
    }
  }

  static func note(_ server: AppServer, _ name: String, _ word: String) { note(server.name, name, word) }

  /// One write of a whole line at the file's end: tests of several threads do not mix theirs.
  private static func note(_ server: String, _ name: String, _ word: String) {
    guard let path else { return }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return }
    let bytes = Array("\(server)\t\(name)\t\(word)\n".utf8)
    _ = write(descriptor, bytes, bytes.count)
    close(descriptor)
  }
}
