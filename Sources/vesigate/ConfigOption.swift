internal import ArgumentParser
internal import Settings

/// `--config`, the same for every command.
struct ConfigOption: ParsableArguments {
  @Option(
    name: [.customShort("c"), .customLong("config")],
    help: ArgumentHelp("The configuration file.", valueName: "file"))
  var path = Configuration.fileDefault

  /// Loads it as `run` does.
  func load() throws -> Loaded {
    do throws(LoadFailure) {
      return try Loader.load(configPath: path, environment: ProcessEnvironment.read())
    } catch {
      throw fail(error)
    }
  }
}
