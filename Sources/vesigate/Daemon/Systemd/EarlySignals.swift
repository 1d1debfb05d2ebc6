internal import Glibc

/// What signals do before anyone listens to them.
enum EarlySignals {
  /// To be the first statement of the program: a SIGHUP that comes before `UnixSignalsSequence` exists no
  /// longer ends the process, and neither does a peer that hangs up while it is written to (SIGPIPE).
  ///
  /// An early SIGHUP is dropped, which loses nothing as long as the sequence is made before the
  /// configuration is first read. libdispatch replaces this disposition when the sequence is made, so later
  /// ones arrive (measured). A handler that does nothing would do as well, but cuts system calls short; a
  /// signal mask would hold only for threads started later. SIGTERM is left alone: it ends the process.
  static func hold() {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGHUP, SIG_IGN)
  }
}
