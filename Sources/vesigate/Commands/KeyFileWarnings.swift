internal import Gateway
internal import Glibc
internal import Secrets

/// What `check` says of API keys: they are worth more than the secrets. The files are looked at, not opened.
enum KeyFileWarnings {
  static func all(for routes: [Route]) -> [String] {
    let daemon = DaemonUser(pid: nil)
    var paths: [String] = []
    for rotation in routes.compactMap(\.rotation) {
      for path in [rotation.apiKeyFile, rotation.publicKeyFile] {
        if let path, !paths.contains(path) { paths.append(path) }
      }
    }
    return paths.compactMap { warning(about: $0, daemon) }
  }

  private static func warning(about path: String, _ daemon: DaemonUser?) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else {
      // Who may not even look at it is right to be kept out.
      return errno == ENOENT ? "there is no API key in \(path): secret rotate will need it" : nil
    }
    if status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o007 != 0 {
      return "the API key in \(path) is open to every user: chmod 0600 it, then make a new API key"
    }
    if let flaw = KeyFile.flaw(at: path) { return "the API key in \(flaw)" }
    guard let daemon, daemon.user != 0,
      daemon.canRead(user: status.st_uid, group: status.st_gid, mode: status.st_mode & 0o777),
      daemon.canReach(path)
    else { return nil }
    return "the daemon's user \(daemon.name) could read the API key in \(path): make it root's own, "
      + "chmod 0600"
  }
}
