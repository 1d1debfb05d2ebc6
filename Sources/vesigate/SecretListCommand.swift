internal import ArgumentParser
internal import Gateway
internal import Rotation
internal import Settings
internal import Signing

struct SecretListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Show the secrets by their fingerprints: which is current, what else is accepted and how long.")

  @OptionGroup var options: SecretTargetOptions

  func run() throws {
    let targets =
      options.route == nil && options.secretFile == nil
      ? SecretTarget.all(try options.load()) : [try options.target()]
    let reply = targets.first?.status()
    var problem: ExitCode?
    for target in targets {
      do {
        try list(target, reply)
      } catch let failure as FileFailure {
        problem = problem ?? fail(failure)
      }
    }
    if let problem { throw problem }
  }

  private func list(_ target: SecretTarget, _ reply: ControlReply?) throws {
    print("\(target.path)  for \(target.routes.prefix(8).map(\.path.text).joined(separator: ", "))")
    let folder = try SecretFolder(target.path)
    let now = Clocks.now().unixMilliseconds
    try listFile(folder, now)
    for entry in try folder.previous()?.entries ?? [] where entry.until > now {
      print(
        "  replaced \(entry.secret.fingerprint)  accepted until "
          + "\(TimeText.utc(unixMilliseconds: entry.until)), "
          + "signed before \(TimeText.utc(unixMilliseconds: entry.signedBefore))"
      )
    }
    if let journal = try folder.journal() {
      print(
        "  rotation unfinished since \(TimeText.utc(unixMilliseconds: journal.began)) "
          + "(\(journal.step.rawValue), \(journal.mode.rawValue)): vesigate secret rotate --resume")
    }
    listDaemon(target, reply)
  }

  private func listFile(_ folder: SecretFolder, _ now: Int64) throws {
    guard let modified = try folder.modified() else { return print("  no file yet: vesigate secret set") }
    let secrets = try folder.secrets()
    let age = TimeText.age(milliseconds: now - modified)
    if secrets.isEmpty { print("  no secret in it") }
    for (index, secret) in secrets.enumerated() {
      print(
        index == 0
          ? "  current  \(secret.fingerprint)  written \(age) ago"
          : "  further  \(secret.fingerprint)  accepted too")
    }
  }

  private func listDaemon(_ target: SecretTarget, _ reply: ControlReply?) {
    guard let reply else {
      let why = target.control.map { "none answers at \($0)" } ?? "not asked (control: none)"
      return print("  daemon   \(why)")
    }
    guard let file = reply.file(target.path) else { return print("  daemon   does not use this file") }
    print("  daemon   judges by \(file.fingerprints.joined(separator: ", "))")
  }
}
