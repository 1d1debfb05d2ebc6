public import Foundation

extension GatewayProcess {
  public var secretPath: String { directory.path + "/secret" }

  /// Replaces the secret file by renaming, readable by whoever the gateway runs as.
  public func replaceSecrets(_ lines: [String], mode: mode_t = 0o640) throws {
    try replaceSecretFile(lines.map { $0 + "\n" }.joined(), mode: mode)
  }

  public func replaceSecretFile(_ text: String, mode: mode_t = 0o640) throws {
    let next = try directory.write("secret.next", text, mode: mode)
    try giveToItsUser(next)
    guard rename(next, secretPath) == 0 else { throw FixtureError("rename: \(Sockets.message())") }
  }

  /// The user that runs the gateway owns its directory.
  public func giveToItsUser(_ path: String) throws {
    var owner = stat()
    guard stat(directory.path, &owner) == 0, chown(path, owner.st_uid, owner.st_gid) == 0 else {
      throw FixtureError("chown: \(Sockets.message())")
    }
  }

  /// Sends SIGHUP and waits for what the log says about it; `text` may be a part of any later line.
  @discardableResult
  public func reload(expecting text: String = "msg=reloaded", within seconds: Double = 10) throws -> String {
    let seen = log.count
    signal(SIGHUP)
    return try waitForLog(containing: text, from: seen, within: seconds)
  }

  /// The status of a fresh delivery signed with this secret, over a connection of its own.
  public func status(
    signedWith secret: String = GatewayProcess.secret, target: String = "/hook"
  ) throws -> Int {
    try exchange(
      SignedRequest().with {
        $0.secret = secret
        $0.target = target
      }.bytes
    ).status
  }
}
