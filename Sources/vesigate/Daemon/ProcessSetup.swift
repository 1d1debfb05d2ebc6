internal import CLinux

/// What holds for the whole process, before anything of the daemon is made.
enum ProcessSetup {
  /// Secrets stay out of core dumps, large blocks go back to the kernel.
  static func prepare() {
    CoreDumps.forbid()
    _ = vg_forbid_dumps()
    vg_return_large_blocks()
    warmTimers()
  }

  /// libdispatch takes descriptors for its timers when something first waits, and ends the process where there are
  /// none left: so something waits while there are, before a sender can have taken them. Nobody waits for its end: a
  /// start depends on no clock, and some stand still.
  private static func warmTimers() { Task { try? await Task.sleep(for: .milliseconds(1)) } }
}
