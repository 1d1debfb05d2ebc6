internal import Glibc
internal import POSIX
internal import Synchronization
internal import Telemetry

/// Standard output, for what a command results in, so that whatever a stranger wrote reaches no terminal as it is;
/// `complain` does the same for standard error. Of the same form as the library's own, whose place it takes so.
func print(_ items: Any..., separator: String = " ", terminator: String = "\n") {
  let text = items.map { "\($0)" }.joined(separator: separator)
  StandardOutput.put(TerminalText.shown(text) + terminator)
}

/// Written at once, not when the program ends: what did not go out is known then. A command goes on all the same,
/// for it may be half way through with what cannot be taken back, and ends with 74 where it would have with 0.
enum StandardOutput {
  /// The first error, or 0.
  private static let code = Atomic<CInt>(0)

  static var hasFailed: Bool { code.load(ordering: .relaxed) != 0 }

  /// What kept it from being written, if anything did that is not the reader's own wish, such as that of `head`.
  static var problem: String? {
    let code = code.load(ordering: .relaxed)
    return code == 0 || code == EPIPE ? nil : String(cString: strerror(code))
  }

  static func put(_ text: String) {
    // What comes behind a gap would be read as if it were all.
    guard !hasFailed else { return }
    code.store(write(text), ordering: .relaxed)
  }

  /// As they are, for no terminal.
  static func put(bytes: [UInt8]) {
    guard !hasFailed else { return }
    code.store(IO.writeAll(STDOUT_FILENO, bytes, waitsWhenFull: true), ordering: .relaxed)
  }

  /// For a reader who may go when he likes.
  ///
  /// - Returns: false when nobody reads any more, or nothing can be written.
  static func putForReader(_ text: String) -> Bool {
    let failed = write(text)
    if failed != EPIPE { code.store(failed, ordering: .relaxed) }
    return failed == 0
  }

  /// The error, or 0. One that must not wait is waited for: a terminal that another program left so.
  private static func write(_ text: String) -> CInt {
    IO.writeAll(STDOUT_FILENO, Array(text.utf8), waitsWhenFull: true)
  }
}
