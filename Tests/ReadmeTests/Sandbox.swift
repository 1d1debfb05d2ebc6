import Foundation
import TestSupport
import Testing

/// A folder that stands for a machine: the paths and ports of the documents are moved into it, and what is
/// started there ends with it.
final class Sandbox {
  struct Outcome {
    let status: Int32
    /// Standard output and error.
    let text: String
  }

  let folder: URL
  private var moves: [(from: String, to: String)]
  private var programs: [Process] = []

  /// The vesigate that was built beside the tests.
  static let vesigate = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "vesigate").path

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "vesigate-readme.\(UUID().uuidString)")
    moves = [
      ("/etc/vesigate", folder.path + "/etc/vesigate"), ("/root/", folder.path + "/root/"),
      ("127.0.0.1:8480", "127.0.0.1:\(try Sandbox.freePort())"),
      ("127.0.0.1:8000", "127.0.0.1:\(try Sandbox.freePort())"),
    ]
    for name in ["etc/vesigate/secrets", "root", "bin"] {
      try FileManager.default.createDirectory(
        at: folder.appending(path: name), withIntermediateDirectories: true)
    }
  }

  deinit {
    for program in programs where program.isRunning { program.terminate() }
    // While one still writes, the folder cannot be removed. A moment suffices; the bound is for a bug.
    for _ in 0..<1_000 where programs.contains(where: \.isRunning) { usleep(5_000) }
    for program in programs where program.isRunning { kill(program.processIdentifier, SIGKILL) }
    try? FileManager.default.removeItem(at: folder)
  }

  /// One that no other test has, in this process or another.
  static func freePort() throws -> Int { Int(try FreePort.take()) }

  struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
  }

  /// The text with the paths and ports of this sandbox.
  func moved(_ text: String) -> String {
    moves.reduce(text) { $0.replacing($1.from, with: $1.to) }
  }

  /// Writes a file that only its owner may read; the path is relative to the sandbox.
  @discardableResult
  func write(_ text: String, to path: String, mode: Int = 0o600) throws -> String {
    try write(Data(text.utf8), to: path, mode: mode)
  }

  @discardableResult
  func write(_ data: Data, to path: String, mode: Int = 0o600) throws -> String {
    let url = folder.appending(path: path)
    try data.write(to: url)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: url.path)
    return url.path
  }

  func read(_ path: String) -> String {
    (try? String(contentsOf: folder.appending(path: path), encoding: .utf8)) ?? ""
  }

  // MARK: Programs

  /// Starts a program that runs until the sandbox ends; its output goes to the file `log`.
  @discardableResult
  func start(_ arguments: [String], log: String) throws -> Process {
    let process = try launch(arguments, log: log)
    programs.append(process)
    return process
  }

  /// Runs a program to its end. Nothing waits on a thread meanwhile: other tests need it.
  func run(_ arguments: [String]) async throws -> Outcome {
    let log = "run.\(UUID().uuidString)"
    let process = try launch(arguments, log: log)
    try await wait("the end of \(arguments)") { !process.isRunning }
    return Outcome(status: process.terminationStatus, text: read(log))
  }

  /// Waits for what must come; the bound is for what never does.
  func wait(_ what: String, until isSo: () -> Bool) async throws {
    for _ in 0..<6_000 {
      if isSo() { return }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw Failure("waited for \(what) in vain")
  }

  func wait(for text: String, in log: String) async throws {
    try await wait("\(text) in \(log), which holds: \(read(log))") { read(log).contains(text) }
  }

  private func launch(_ arguments: [String], log: String) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    // The threads that tests run on block signals, and children inherit that: SIGTERM would not end them.
    process.arguments = ["--default-signal"] + arguments
    let path = [folder.path + "/bin", ProcessInfo.processInfo.environment["PATH"] ?? "", "/usr/sbin"]
    process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("VESIGATE_") }
      .merging([
        "PATH": path.joined(separator: ":"), "VESIGATE_CONTROL": folder.path + "/control.sock",
      ]) { $1 }
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    try write("", to: log)
    let output = try FileHandle(forWritingTo: folder.appending(path: log))
    process.standardOutput = output
    process.standardError = output
    try process.run()
    return process
  }
}
