internal import ArgumentParser
internal import Glibc
internal import Operations
internal import POSIX
internal import Telemetry

struct QueueBodyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "body",
    abstract: "The body of a stored delivery, byte for byte.",
    discussion: """
      For root and the daemon's own user, and only while it is what was stored: its seal is checked. Bodies \
      of what was delivered are kept for store.delivered-body-hours. A terminal is shown text alone.

      Examples:
        vesigate queue body 0198f1c2-7a40-7f6e-8c55-2f1d3c4b5a69 | jq .
        vesigate queue body 0198f1c2-7a40-7f6e-8c55-2f1d3c4b5a69 --out body
      """)

  @OptionGroup var config: ConfigOption

  @Argument(
    help: "As the log and X-Delivery-Id say.",
    completion: .custom { words, _, _ in Completions.deliveries(words) })
  var id: String

  @Option(help: ArgumentHelp("To a new file that is yours alone.", valueName: "file"))
  var out: String?

  func validate() throws { try QueueFilterOptions.validate(ids: [id]) }

  func run() throws {
    let daemon = try QueueDaemon(config)
    let whole = try daemon.whole(.body, id.lowercased()) { answer in throw daemon.fail(answer) }
    guard let bytes = whole?.bytes else { return }
    if let out { return try PrivateFile.write(bytes, to: out) }
    guard isatty(STDOUT_FILENO) == 1 else { return StandardOutput.put(bytes: bytes) }
    guard let text = String(validating: bytes, as: UTF8.self), TerminalText.shown(text) == text else {
      complain("vesigate: the body is not text for a terminal: --out writes it to a file")
      throw ExitStatus.refused
    }
    print(text, terminator: text.hasSuffix("\n") ? "" : "\n")
  }
}

/// Files that are new, and their owner's alone.
enum PrivateFile {
  /// Never one that exists, be it a symbolic link.
  ///
  /// - Parameter folder: where a relative path begins.
  static func write(_ bytes: [UInt8], to path: String, in folder: Int32 = AT_FDCWD) throws {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let file = openat(folder, path, flags, 0o600)
    guard file >= 0 else {
      let code = errno
      complain("vesigate: \(path): \(String(cString: strerror(code)))")
      throw code == EACCES || code == EPERM ? ExitStatus.permission : ExitStatus.cannotCreate
    }
    defer { close(file) }
    // The mode is ours, whatever the mask leaves of it.
    var failed = fchmod(file, 0o600) == 0 ? 0 : errno
    if failed == 0 { failed = IO.writeAll(file, bytes) }
    if failed == 0, fsync(file) != 0 { failed = errno }
    guard failed == 0 else {
      unlinkat(folder, path, 0)
      complain("vesigate: \(path): \(String(cString: strerror(failed)))")
      throw ExitStatus.storage
    }
  }
}
