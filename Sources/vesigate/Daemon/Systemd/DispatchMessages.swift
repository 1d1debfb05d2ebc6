internal import Glibc

/// What libdispatch, which delivers the signals, would say on standard error.
enum DispatchMessages {
  /// It complains of each thread whose priority it may not raise. An unprivileged service may not, it needs no
  /// such thing, and whoever reads the log could only wonder. To be called before a signal is listened to; a
  /// LIBDISPATCH_LOG that is set already stays.
  static func silence() { setenv("LIBDISPATCH_LOG", "NO", 0) }
}
