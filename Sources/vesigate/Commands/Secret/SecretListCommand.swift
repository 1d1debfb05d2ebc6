internal import ArgumentParser
internal import Configuration
internal import Formats
internal import Gateway
internal import Operations
internal import POSIX
internal import Secrets
internal import Signing

struct SecretListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Show the secrets by their fingerprints: which is current, what else is accepted and how long.",
    usage: "vesigate secret list [<options>]",
    discussion: """
      While the configuration is broken it lists the files by which the running daemon judges.

      Examples:
        vesigate secret list
        vesigate secret list --route /webhooks/vesicash
      """)

  @OptionGroup var options: SecretTargetOptions

  func run() throws {
    Privacy.keep()
    do throws(Problems) {
      _ = try ConfigurationFile.load(options.config.path, environment: ProcessEnvironment.read())
    } catch {
      return try listByDaemon(error)
    }
    let targets =
      options.route == nil && options.secretFile == nil
      ? SecretTarget.all(try options.load()) : [try options.target()]
    let entries = targets.map {
      Entry(path: $0.path, routes: $0.routes.map(\.path.text), control: $0.control)
    }
    try list(entries, targets.first?.status())
  }

  /// While the file is broken: the secret files by which the daemon judges.
  private func listByDaemon(_ problems: Problems) throws {
    let place = ControlPlace(configPath: options.config.path)
    guard let client = try? place.client(), let report = try? client.status(),
      let reply = try? client.ask(.secrets)
    else { throw SecretTarget.unusable(problems) }
    var entries: [Entry] = []
    for route in report.routes {
      guard options.route == nil || route.path == options.route,
        options.secretFile == nil || route.secretFile == options.secretFile
      else { continue }
      if let index = entries.firstIndex(where: { $0.path == route.secretFile }) {
        entries[index].routes.append(route.path)
      } else {
        entries.append(Entry(path: route.secretFile, routes: [route.path], control: client.path))
      }
    }
    let broken = place.broken ?? "\(options.config.path) may not be read"
    complain("note: \(broken); these are the files that the daemon judges by")
    try list(entries, reply)
  }

  /// A secret file and the routes that use it.
  private struct Entry {
    let path: String
    var routes: [String]
    let control: String?
  }

  private func list(_ entries: [Entry], _ reply: ControlAnswer?) throws {
    var problem: ExitCode?
    for entry in entries {
      do {
        try list(entry, reply)
      } catch let failure as FileFailure {
        problem = problem ?? fail(failure)
      }
    }
    if let problem { throw problem }
  }

  private func list(_ target: Entry, _ reply: ControlAnswer?) throws {
    let routes = "\(target.path)  for \(target.routes.prefix(8).joined(separator: ", "))"
    for line in FoldedText.lines(routes, behind: "    ") { print(line) }
    let folder = try SecretFolder(target.path)
    for stranger in folder.strangers { complain("warning: \(stranger)") }
    let now = Clocks.now().unixMilliseconds
    try listFile(folder, now)
    for entry in try folder.previous()?.entries ?? [] where entry.until > now {
      print(
        "  replaced \(entry.secret.fingerprint)  accepted for \(TimeText.age(from: now, to: entry.until)) more,"
      )
      print("                     signed before \(TimeText.utc(unixMilliseconds: entry.signedBefore))")
    }
    if let journal = try folder.journal() {
      print(
        "  rotation unfinished since \(TimeText.utc(unixMilliseconds: journal.began)) "
          + "(\(journal.step.rawValue), \(journal.mode.rawValue)):")
      print("  vesigate secret rotate --resume")
    }
    listDaemon(target, reply)
  }

  private func listFile(_ folder: SecretFolder, _ now: Int64) throws {
    guard let modified = try folder.modified() else { return print("  no file yet: vesigate secret set") }
    let secrets = try folder.secrets()
    let age = TimeText.age(from: modified, to: now)
    if secrets.isEmpty { print("  no secret in it") }
    for (index, secret) in secrets.enumerated() {
      print(
        index == 0
          ? "  current  \(secret.fingerprint)  written \(age) ago"
          : "  further  \(secret.fingerprint)  accepted too")
    }
  }

  private func listDaemon(_ target: Entry, _ reply: ControlAnswer?) {
    guard let reply else {
      let why = target.control.map { "none answers at \($0)" } ?? "not asked (control: none)"
      return print("  daemon   \(why)")
    }
    guard let file = reply.file(target.path) else { return print("  daemon   does not use this file") }
    let judges = "  daemon   judges by \(file.fingerprints.joined(separator: ", "))"
    for line in FoldedText.lines(judges, behind: "           ") { print(line) }
  }
}
