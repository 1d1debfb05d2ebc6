internal import ArgumentParser
internal import Configuration
internal import Gateway
internal import Glibc
internal import Secrets

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check the configuration and the secret files, as run and a reload would.",
    usage: "vesigate check [<options>]",
    discussion: """
      Nothing is bound. Problems go to standard error, all at once. Files are read as the service would read \
      them: root judges for the running daemon's account, else for vesigate, where there is one.

      --connect also asks each upstream for a connection, as that account, with TLS where the URL says https, \
      and sends nothing. Where one accepts none it ends with 69.

      Examples:
        vesigate check
        vesigate check --connect
        vesigate check --print --config ./vesigate.yaml
      """)

  @OptionGroup var config: ConfigOption

  @Flag(help: "Print the effective configuration, with secrets as fingerprints.")
  var print = false

  @Flag(help: "Ask each upstream whether it accepts a connection.")
  var connect = false

  @Option(help: ArgumentHelp("Read the files as this account; only root can.", valueName: "account"))
  var user: String?

  func validate() throws {
    if print, connect { throw ValidationError("give --print or --connect, not both") }
  }

  func run() throws {
    let reader = try reader()
    let loaded = try config.load(as: reader)
    for warning in loaded.warnings + loaded.advice { complain("warning: \(warning)") }
    for warning in KeyFileWarnings.all(for: loaded.snapshot.routes.all) { complain("warning: \(warning)") }
    let places = StorePlaceWarnings.all(for: loaded.configuration.store, loaded.snapshot.routes.all)
    for warning in places { complain("warning: \(warning)") }
    if let advice = SocketUnit().advice(for: loaded.configuration, at: config.path) {
      complain("warning: \(advice)")
    }
    if print {
      vesigate.print(loaded.configuration.effectiveText(secrets: loaded.snapshot.secrets), terminator: "")
    } else {
      vesigate.print("\(config.path): ok, \(loaded.summary.replacingGeneration)")
    }
    if connect { try UpstreamCheck(loaded.snapshot.routes.all, as: reader).run() }
  }

  /// The service's account where root asks, for root may read what the service may not.
  private func reader() throws -> DaemonUser? {
    guard let user else {
      guard geteuid() == 0 else { return nil }
      return DaemonUser(runningBy: config.path) ?? DaemonUser(account: DaemonUser.serviceAccount)
    }
    guard let reader = DaemonUser(account: user) else {
      complain("vesigate: there is no account \(user)")
      throw ExitStatus.usage
    }
    guard geteuid() == 0 || reader.user == geteuid() else {
      complain("vesigate: only root can read files as \(user)")
      throw ExitStatus.permission
    }
    // Whoever names an account means the service's.
    FileUser.actAsService()
    return reader.user == geteuid() && reader.user != 0 ? nil : reader
  }
}

extension String {
  /// A check is of no generation.
  fileprivate var replacingGeneration: String {
    split(separator: ", ").dropLast().joined(separator: ", ")
  }
}
