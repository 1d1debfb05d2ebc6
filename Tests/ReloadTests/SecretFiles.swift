import Foundation
import TestSupport

/// Whether permissions mean something to this process only once it is another user.
let isRoot = geteuid() == 0

func isInstalled(_ program: String) -> Bool {
  ["/usr/bin", "/bin", "/usr/sbin", "/usr/local/bin"].contains { access("\($0)/\(program)", X_OK) == 0 }
}

extension GatewayProcess {
  var secretPath: String { directory.path + "/secret" }

  /// Replaces the secret file by renaming, readable by whoever the gateway runs as.
  func replaceSecrets(_ lines: [String], mode: mode_t = 0o640) throws {
    try replaceSecretFile(lines.map { $0 + "\n" }.joined(), mode: mode)
  }

  func replaceSecretFile(_ text: String, mode: mode_t = 0o640) throws {
    let next = try directory.write("secret.next", text, mode: mode)
    try giveToItsUser(next)
    guard rename(next, secretPath) == 0 else { throw FixtureError("rename: \(errno)") }
  }

  /// The user that runs the gateway owns its directory.
  func giveToItsUser(_ path: String) throws {
    var owner = stat()
    guard stat(directory.path, &owner) == 0, chown(path, owner.st_uid, owner.st_gid) == 0 else {
      throw FixtureError("chown: \(errno)")
    }
  }

  /// Sends SIGHUP and waits for what the log says about it; `text` may be a part of any later line.
  @discardableResult
  func reload(expecting text: String = "msg=reloaded") throws -> String {
    let seen = log.count
    signal(SIGHUP)
    return try waitForLog(containing: text, from: seen)
  }

  /// The status that a fresh delivery signed with this secret gets, over a connection of its own.
  func status(signedWith secret: String, target: String = "/hook") throws -> Int {
    try exchange(
      SignedRequest().with {
        $0.secret = secret
        $0.target = target
      }.bytes
    ).status
  }
}
