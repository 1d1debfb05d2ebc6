import Foundation
import TestSupport

/// What a finished program left behind.
struct Finished {
  let status: Int32
  let output: [UInt8]
  let errors: String

  var text: String { String(decoding: output, as: UTF8.self) }
  var lines: [String] { text.split(separator: "\n").map(String.init) }
}

/// A directory of its own for one test, with the files that the command line names.
final class CommandFixture: Sendable {
  private let scratch: Scratch
  var directory: String { scratch.directory }

  init() throws { scratch = try Scratch() }

  func path(_ name: String) -> String { scratch.file(name) }

  @discardableResult
  func write(_ name: String, _ bytes: some Sequence<UInt8>, mode: Int = 0o640) throws -> String {
    try scratch.write(name, bytes, mode: mode)
  }

  @discardableResult
  func write(_ name: String, _ text: String, mode: Int = 0o640) throws -> String {
    try scratch.write(name, text, mode: mode)
  }

  /// Runs vesigate to its end. Output goes through files, so that no pipe can fill up.
  func vesigate(
    _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]
  ) throws -> Finished {
    try run(GatewayBinary.path(), GatewayBinary.asOneself(arguments), input: input, environment: environment)
  }

  func run(
    _ program: String, _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:]
  ) throws -> Finished {
    let name = UUID().uuidString
    let files = try [("in", input), ("out", []), ("err", [])].map { try write("\(name).\($0.0)", $0.1) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"]
      .merging(Sanitizers.environment) { $1 }.merging(environment) { $1 }
    process.standardInput = FileHandle(forReadingAtPath: files[0])
    process.standardOutput = FileHandle(forWritingAtPath: files[1])
    process.standardError = FileHandle(forWritingAtPath: files[2])
    try process.run()
    process.waitUntilExit()
    return Finished(
      status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
      output: try Array(Data(contentsOf: URL(fileURLWithPath: files[1]))),
      errors: String(decoding: try Data(contentsOf: URL(fileURLWithPath: files[2])), as: UTF8.self))
  }

  /// A configuration of one route with one secret.
  func writeConfiguration(secret: String, signature: String = "vesicash") throws -> String {
    let secretFile = try write("secret", secret + "\n")
    return try write(
      "vesigate.yaml",
      """
      listen: 127.0.0.1:0
      routes:
        - path: /webhooks/vesicash
          secret-file: \(secretFile)
          signature: \(signature)
          upstreams: [http://127.0.0.1:9/vesicash]

      """)
  }
}
