import Foundation

/// What this machine lets tests do; those that need more are left out there.
public enum Machine {
  /// Whether programs can be started as another user. Permissions mean something only to who is not root.
  public static let isRoot = geteuid() == 0

  /// Not every root may: in a container it takes a capability.
  public static let canMount: Bool = {
    guard isRoot, let directory = try? TemporaryDirectory() else { return false }
    let isMounted = mount("none", directory.path, "tmpfs", 0, "size=64k") == 0
    return isMounted && umount(directory.path) == 0
  }()

  public static func has(_ program: String) -> Bool {
    ["/usr/bin", "/bin", "/usr/sbin", "/usr/local/bin"].contains { access("\($0)/\(program)", X_OK) == 0 }
  }
}
