internal import CLinux
internal import Glibc
internal import Synchronization

/// Whose permissions files are opened with: this process's own, or those of an account that root acts as.
public struct FileUser: Sendable, Equatable {
  /// All three are the kernel's numbers; `groups` are the further ones.
  public let user: UInt32
  public let group: UInt32
  public let groups: [UInt32]

  public init(user: UInt32, group: UInt32, groups: [UInt32]) {
    self.user = user
    self.group = group
    self.groups = groups
  }

  static var current: FileUser {
    FileUser(user: vg_file_user(), group: vg_file_group(), groups: [])
  }

  /// Opens files with this account's permissions while `body` runs, on this thread: ACLs and all that the kernel
  /// asks count as they will for the account itself.
  ///
  /// - Returns: nil, and `body` is not run, where this process may not act as another.
  public func acting<Value, Failure: Error>(
    _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value? {
    guard groups.withUnsafeBufferPointer({ vg_act_as(user, group, $0.baseAddress, $0.count) }) == 0 else {
      return nil
    }
    defer { vg_act_as_self() }
    return try body()
  }

  // MARK: Words

  /// `vesigate`
  public var name: String { FileUser.name(user) ?? "the user with id \(user)" }

  public var groupName: String {
    getgrgid(group).map { String(cString: $0.pointee.gr_name) } ?? String(group)
  }

  static func name(_ user: UInt32) -> String? {
    getpwuid(user).map { String(cString: $0.pointee.pw_name) }
  }

  // MARK: Whose files they are

  private static let service = Atomic<Bool>(false)

  /// Says that this process reads the files on its own behalf: it is the service, or judges for its account.
  public static func actAsService() { service.store(true, ordering: .relaxed) }

  /// Whether a person asks whose account is neither root nor the service's. The files are none of theirs, and to be
  /// made so for a command would take them from the daemon.
  public static var isOutsider: Bool {
    guard geteuid() != 0, !service.load(ordering: .relaxed) else { return false }
    return getpwnam("vesigate")?.pointee.pw_uid != geteuid()
  }

  /// What is to be done so that this account can read the file: the first folder that it may not enter, or the
  /// file itself.
  func mayNotRead(_ path: String) -> String {
    let folder = closedFolder(above: path)
    guard !FileUser.isOutsider else {
      let way = folder.map { ", who may not enter \($0)" } ?? ""
      return "may not be read by \(name)\(way): run this as root (sudo)"
    }
    guard let folder else {
      return "may not be read by \(name): chgrp \(groupName) it, then chmod 0640 it"
    }
    return "may not be read by \(name), who \(mayNotEnter(folder))"
  }

  private func mayNotEnter(_ folder: String) -> String {
    "may not enter \(folder): chgrp \(groupName) \(folder), then chmod g+x \(folder)"
  }

  /// What keeps this account from reaching a file, as the end of a sentence about it; nil where nothing does, and
  /// where only this account can tell.
  public func obstacle(above path: String) -> String? {
    acting { closedFolder(above: path) }.flatMap { $0 }.map(mayNotEnter)
  }

  /// Above what it links to as well, as far as that can be seen.
  private func closedFolder(above path: String) -> String? {
    FilePlace.folders(above: path).first { folder in
      var status = stat()
      // Only who may search a folder can look at the `.` in it.
      return stat(folder == "/" ? "/." : folder + "/.", &status) != 0 && errno == EACCES
    }
  }
}
