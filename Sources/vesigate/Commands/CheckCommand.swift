internal import ArgumentParser
internal import Configuration
internal import Gateway
internal import Glibc
internal import Secrets

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check the configuration and the secret files, as run and a reload would.",
    discussion: """
      Nothing is bound and no upstream is asked. Problems go to standard error, all at once. Files are read as \
      the service would read them: root judges for the running daemon's account, else for vesigate, where there is \
      one.
      """)

  @OptionGroup var config: ConfigOption

  @Flag(help: "Print the effective configuration, with secrets as fingerprints.")
  var print = false

  @Option(help: ArgumentHelp("Read the files as this account; only root can.", valueName: "account"))
  var user: String?

  func run() throws {
    let loaded = try config.load(as: reader())
    for warning in loaded.warnings { complain("warning: \(warning)") }
    for warning in KeyFileWarnings.all(for: loaded.snapshot.routes.all) { complain("warning: \(warning)") }
    if let advice = SocketUnit().advice(for: loaded.configuration, at: config.path) {
      complain("warning: \(advice)")
    }
    if print {
      vesigate.print(loaded.configuration.effectiveText(secrets: loaded.snapshot.secrets), terminator: "")
    } else {
      vesigate.print("\(config.path): ok, \(loaded.summary.replacingGeneration)")
    }
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
