import Foundation
import Testing

/// The table that `make test-hostile` prints: each row is an expectation too.
///
/// Suites whose names end in `Slow` take longer than seconds: `make test` leaves them out, `make test-slow`
/// runs them, and `make test-hostile` runs all of this target.
enum HostileTable {
  /// Where the rows go; without it they are expectations alone.
  private static let path = ProcessInfo.processInfo.environment["HOSTILE_TABLE"]

  /// Notes a row and records an issue where it does not hold.
  ///
  static func row(
    _ topic: HostileTopic, _ name: String, expected: String, seen: String, holds: Bool,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    append(
      [topic.rawValue, holds ? "ok" : "NOT", name, expected, seen].map(plain).joined(separator: "\t") + "\n")
    #expect(
      holds, "\(topic.rawValue) \(name): expected \(expected), seen \(seen)", sourceLocation: sourceLocation)
  }

  /// Runs `body` and notes what it threw, or whether it gave what was expected.
  static func row(
    _ topic: HostileTopic, _ name: String, expected: String,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> String
  ) {
    let seen: String
    do { seen = try body() } catch { seen = "\(error)" }
    row(topic, name, expected: expected, seen: seen, holds: seen == expected, sourceLocation: sourceLocation)
  }

  private static func plain(_ text: String) -> String {
    String(
      text.unicodeScalars.map { $0.value < 0x20 || $0.value > 0x7E ? "?" : Character($0) })
  }

  /// One write of a whole line at the file's end: tests of several threads do not mix theirs.
  private static func append(_ line: String) {
    guard let path else { return }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { return }
    let bytes = Array(line.utf8)
    _ = write(descriptor, bytes, bytes.count)
    close(descriptor)
  }
}
