internal import ArgumentParser
internal import Configuration
internal import Glibc
internal import Secrets

/// `--config`, the same for every command.
struct ConfigOption: ParsableArguments {
  @Option(
    name: [.customShort("c"), .customLong("config")],
    help: ArgumentHelp("The configuration file.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var path = Configuration.fileDefault

  /// What another command needs to mean the same file.
  static func words(_ path: String) -> [String] {
    path == Configuration.fileDefault ? [] : ["--config", path]
  }

  /// Loads it as `run` does.
  ///
  /// - Parameters:
  ///   - reader: the account whose permissions count; nil for whoever runs the command, and where that is root,
  ///     for the running daemon's where that is of help.
  ///   - isDaemon: whether nobody else is looked for.
  func load(as reader: DaemonUser? = nil, isDaemon: Bool = false) throws -> Loaded {
    let environment = ProcessEnvironment.read()
    do throws(LoadFailure) {
      if let reader, reader.user != 0 {
        let loaded = try reader.files.acting { () throws(LoadFailure) in
          try Loader.load(configPath: path, environment: environment)
        }
        if let loaded { return loaded }
        complain("warning: what \(reader.name) may read was not judged: root may not act as it here")
      }
      if reader == nil, !isDaemon, let loaded = loadAsDaemon(environment) { return loaded }
      return try Loader.load(configPath: path, environment: environment)
    } catch {
      throw fail(error)
    }
  }

  /// For root: what the running daemon's account may read, and trusts as its own. Nil where that is no help.
  private func loadAsDaemon(_ environment: [String: String]) -> Loaded? {
    guard geteuid() == 0, let daemon = DaemonUser(runningBy: path), daemon.user != 0 else {
      return nil
    }
    return try? daemon.files.acting { try Loader.load(configPath: path, environment: environment) }
  }
}
