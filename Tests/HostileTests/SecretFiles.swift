import Foundation
import TestSupport

extension GatewayProcess {
  var secretPath: String { directory.path + "/secret" }

  /// Replaces the secret file by renaming, readable by whoever the gateway runs as.
  func replaceSecrets(_ lines: [String], mode: mode_t = 0o640) throws {
    let next = try directory.write("secret.next", lines.map { $0 + "\n" }.joined(), mode: mode)
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

  /// Sends SIGHUP and waits for the log's word on it.
  @discardableResult
  func reload(expecting text: String = "msg=reloaded", within seconds: Double = 10) throws -> String {
    let seen = log.count
    signal(SIGHUP)
    return try waitForLog(containing: text, from: seen, within: seconds)
  }

  /// The status of a fresh delivery signed with this secret, over a connection of its own.
  func status(signedWith secret: String = GatewayProcess.secret, target: String = "/hook") throws -> Int {
    try exchange(
      SignedRequest().with {
        $0.secret = secret
        $0.target = target
      }.bytes
    ).status
  }
}

let isRoot = geteuid() == 0

func isInstalled(_ program: String) -> Bool {
  ["/usr/bin", "/bin", "/usr/sbin", "/usr/local/bin"].contains { access("\($0)/\(program)", X_OK) == 0 }
}
