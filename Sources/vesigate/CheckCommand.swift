internal import ArgumentParser
internal import Gateway
internal import Settings

struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check the configuration and the secret files, as run and a reload would.",
    discussion: "Nothing is bound and no upstream is asked. Problems go to standard error, all at once.")

  @OptionGroup var config: ConfigOption

  @Flag(help: "Print the effective configuration, with secrets as fingerprints.")
  var print = false

  func run() throws {
    let loaded = try config.load()
    for warning in loaded.warnings { complain("warning: \(warning)") }
    for warning in KeyFileWarnings.all(for: loaded.snapshot.routes.all) { complain("warning: \(warning)") }
    if print {
      Swift.print(loaded.configuration.effectiveText(secrets: loaded.snapshot.secrets), terminator: "")
    } else {
      Swift.print("\(config.path): ok, \(Keeper.summary(loaded).replacingGeneration)")
    }
  }
}

extension String {
  /// A check is of no generation.
  fileprivate var replacingGeneration: String {
    split(separator: ", ").dropLast().joined(separator: ", ")
  }
}
