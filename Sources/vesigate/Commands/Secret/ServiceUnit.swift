internal import Glibc

/// The packaged systemd unit of a configuration, as the file system shows it without asking anyone.
struct ServiceUnit {
  /// Where systemd looks for units, first to last.
  static let folders = [
    "/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system",
  ]

  /// As systemctl takes it.
  let name: String
  /// Of the instance, where it is not the first.
  private let instance: Substring?

  /// By the control socket's folder, which is the unit's RuntimeDirectory=.
  init(control: String) {
    let prefix = "/run/vesigate-"
    instance = control.hasPrefix(prefix) ? control.dropFirst(prefix.count).prefix { $0 != "/" } : nil
    name = instance.map { "vesigate@\($0)" } ?? "vesigate"
  }

  /// Whether systemd runs this machine, has the unit, and has no process of it.
  var isInactive: Bool {
    // A unit that runs has a control group.
    let groups = ["/sys/fs/cgroup/system.slice", "/sys/fs/cgroup/systemd/system.slice"]
    let file = instance == nil ? "vesigate.service" : "vesigate@.service"
    let group = instance == nil ? "vesigate.service" : "system-vesigate.slice/\(name).service"
    return Self.exists("/run/systemd/system") && Self.folders.contains { Self.exists("\($0)/\(file)") }
      && !groups.contains { Self.exists("\($0)/\(group)") }
  }

  private static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }
}
