import Foundation

/// How much of it: numbers that `make test-durable-long` makes larger.
enum LongForm {
  static let isOn = ProcessInfo.processInfo.environment.keys.contains { $0.hasPrefix("TEST_DURABLE_") }

  static func number(_ name: String, short: Int) -> Int {
    ProcessInfo.processInfo.environment["TEST_DURABLE_\(name)"].flatMap { Int($0) } ?? short
  }

  /// Figures of the long form, for whoever writes them down.
  static func say(_ text: String) {
    // At once: `print` keeps it until the end where nobody looks on.
    if isOn { FileHandle.standardOutput.write(Data("durable: \(text)\n".utf8)) }
  }
}
