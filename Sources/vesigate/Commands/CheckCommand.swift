internal import ArgumentParser
internal import Configuration
internal import Gateway
internal import Glibc
internal import Queue
internal import Secrets

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check the configuration, the secret files and the store's place, as run and a reload would.",
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
    try judgeStore(loaded.configuration, reader)
    for warning in loaded.warnings + loaded.advice { complain("warning: \(warning)") }
    for warning in KeyFileWarnings.all(for: loaded.snapshot.routes.all) { complain("warning: \(warning)") }
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

  /// What a start or a reload would refuse is a problem; what they go on without, and what this user may not see, a
  /// warning.
  private func judgeStore(_ configuration: Configuration, _ reader: DaemonUser?) throws {
    guard configuration.routes.contains(where: { $0.durable != nil }) else { return }
    let store = configuration.store
    let look = { StoreFiles.fault(store) }
    let isActing = reader.map { $0.user != 0 } ?? false
    let found: StoreFault? = isActing ? reader?.files.acting(look).flatMap { $0 } : look()
    guard let fault = found else { return }
    guard !FileUser.isOutsider else {
      return complain("warning: the store's place was not judged for the service: run this as root (sudo)")
    }
    guard !fault.leavesOthersServed, !StoreFiles.isMadeByUnit(store) else {
      return complain("warning: \(fault.sentence)")
    }
    complain("vesigate: \(fault.sentence)")
    complain("vesigate: 1 problem, nothing was done")
    throw ExitStatus.configuration
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
