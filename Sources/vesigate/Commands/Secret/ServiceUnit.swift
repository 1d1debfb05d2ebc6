internal import Glibc

/// The packaged systemd unit, as the file system shows it without asking anyone.
enum ServiceUnit {
  /// Whether systemd runs this machine, has the unit, and has no process of it.
  static var isInactive: Bool {
    let units = [
      "/etc/systemd/system", "/run/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system",
    ]
    // A unit that runs has a control group.
    let groups = ["/sys/fs/cgroup/system.slice", "/sys/fs/cgroup/systemd/system.slice"]
    return exists("/run/systemd/system") && units.contains { exists("\($0)/vesigate.service") }
      && !groups.contains { exists("\($0)/vesigate.service") }
  }

  private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
