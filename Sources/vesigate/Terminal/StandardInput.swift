internal import Glibc

/// Standard input, where nobody has said whether it is to be read.
enum StandardInput {
  static var isTerminal: Bool { isatty(STDIN_FILENO) == 1 }

  /// Whether something lies there by now that somebody may have meant: in a pipe, a socket or a file.
  static var holdsSomething: Bool {
    guard !isTerminal else { return false }
    var count: CInt = 0
    return ioctl(STDIN_FILENO, UInt(FIONREAD), &count) == 0 && count > 0
  }
}
