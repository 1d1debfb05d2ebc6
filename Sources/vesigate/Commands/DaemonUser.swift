internal import Glibc
internal import Operations
internal import Secrets

/// Whom the daemon runs as: who must be able to read the secrets, and must not read the API key.
struct DaemonUser {
  let name: String
  let user: UInt32
  let groups: [UInt32]

  /// The running daemon's, by its process id; else the user `vesigate`, if there is one.
  init?(pid: Int?) {
    guard let found = pid.flatMap(DaemonUser.ofProcess) ?? DaemonUser.ofAccount(Self.serviceAccount) else {
      return nil
    }
    self = found
  }

  /// An account by its name; nil where there is none of it.
  init?(account: String) {
    guard let found = DaemonUser.ofAccount(account) else { return nil }
    self = found
  }

  /// Whom the daemon of a configuration runs as, where one answers soon.
  init?(runningBy configPath: String) {
    guard let socket = ControlPlace(configPath: configPath).socketAsWritten,
      let reply = try? ControlClient(path: socket).ask(.secrets, secondsMax: 2),
      let found = DaemonUser.ofProcess(reply.pid)
    else { return nil }
    self = found
  }

  /// The account that the package makes for the service.
  static let serviceAccount = "vesigate"

  private init(user: UInt32, groups: [UInt32]) {
    name = getpwuid(user).map { String(cString: $0.pointee.pw_name) } ?? "with id \(user)"
    self.user = user
    self.groups = groups
  }

  /// The effective ids of a process, by proc(5).
  private static func ofProcess(_ pid: Int) -> DaemonUser? {
    guard let bytes = try? BoundedFile.read("/proc/\(pid)/status", bytesMax: 65_536) else { return nil }
    var numbers: [Substring: [UInt32]] = [:]
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, ["Uid", "Gid", "Groups"].contains(parts[0]) else { continue }
      numbers[parts[0]] = parts[1].split(whereSeparator: \.isWhitespace).compactMap { UInt32($0) }
    }
    guard let users = numbers["Uid"], let groups = numbers["Gid"], users.count == 4, groups.count == 4 else {
      return nil
    }
    return DaemonUser(user: users[1], groups: [groups[1]] + (numbers["Groups"] ?? []))
  }

  private static func ofAccount(_ name: String) -> DaemonUser? {
    guard let account = getpwnam(name) else { return nil }
    let (user, group) = (account.pointee.pw_uid, account.pointee.pw_gid)
    var count: Int32 = 256
    var groups = [gid_t](repeating: 0, count: Int(count))
    guard getgrouplist(name, group, &groups, &count) >= 0 else { return nil }
    return DaemonUser(user: user, groups: Array(groups.prefix(Int(count))))
  }

  /// The account as whom files are opened.
  var files: FileUser { FileUser(user: user, group: groups.first ?? 0, groups: groups) }

  /// By the classes of the file's mode; ACLs are not looked at.
  func canRead(user: UInt32, group: UInt32, mode: UInt32) -> Bool {
    if self.user == 0 { return true }
    if self.user == user { return mode & 0o400 != 0 }
    return groups.contains(group) ? mode & 0o040 != 0 : mode & 0o004 != 0
  }
}
