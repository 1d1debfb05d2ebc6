internal import ArgumentParser
internal import Listening
internal import Settings
internal import UnixSignals

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run the gateway in the foreground.",
    discussion: """
      SIGHUP reads the configuration and the secret files again: all of it takes effect, or, when anything \
      is wrong, nothing. SIGTERM and SIGINT finish the deliveries in flight and end it.
      """)

  @OptionGroup var config: ConfigOption

  func run() async throws {
    // Before anything slow: a SIGHUP that comes from now on is answered by a reload.
    let hangups = await UnixSignalsSequence(trapping: .sighup)
    let loaded = try config.load()
    let assembly = Assembly(
      configPath: config.path, environment: ProcessEnvironment.read(), loaded: loaded)
    do {
      try await assembly.run(hangups: hangups)
    } catch let failure as ListenFailure {
      complain("vesigate: \(failure)")
      throw failure.isPermission ? ExitStatus.permission : ExitStatus.unavailable
    } catch {
      complain("vesigate: \(error)")
      throw ExitStatus.software
    }
  }
}
