import Foundation
import TestSupport
import Testing

/// The table that `make test-apps` prints: each cell is an expectation too.
enum AppTable {
  private static let path = ProcessInfo.processInfo.environment["APPS_TABLE"]

  /// Runs `body`, which gives a word about how it went, and notes that; what it throws is an issue.
  static func cell(_ server: AppServer, _ name: String, _ app: RunningApp, _ body: () throws -> String) {
    do {
      note(server, name, try body())
    } catch {
      note(server, name, "FAILED")
      let said = app.lines.joined(separator: "\n")
      Issue.record("\(server.name), \(name): \(error)\nThe app's processes said:\n\(said)")
    }
  }

  /// One write of a whole line at the file's end: tests of several threads do not mix theirs.
  static func note(_ server: AppServer, _ name: String, _ word: String) {
    guard let path else { return }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return }
    let bytes = Array("\(server.name)\t\(name)\t\(word)\n".utf8)
    _ = write(descriptor, bytes, bytes.count)
    close(descriptor)
  }
}
