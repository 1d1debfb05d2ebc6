internal import ArgumentParser
internal import Configuration
internal import Listening
internal import Queue
internal import Secrets
internal import UnixSignals

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Run the gateway in the foreground.",
    discussion: """
      SIGHUP reads the configuration and the secret files again: all of it takes effect, or, when anything \
      is wrong, nothing. SIGTERM and SIGINT finish the deliveries in flight and end it.

      Examples:
        vesigate run
        vesigate run --config ./vesigate.yaml
      """)

  @OptionGroup var config: ConfigOption

  func run() async throws {
    // libdispatch and event loops end the program where they get no descriptor.
    try check(workers: 1, listening: 1)
    // Before anything slow: a SIGHUP that comes from now on is answered by a reload.
    let hangups = await UnixSignalsSequence(trapping: .sighup)
    FileUser.actAsService()
    let loaded = try config.load(isDaemon: true)
    try check(workers: loaded.configuration.workers.loops, listening: loaded.configuration.listen.count)
    let start = Daemon.Start(
      configPath: config.path, environment: ProcessEnvironment.read(), loaded: loaded)
    do {
      try await Daemon.run(start, hangups: hangups)
    } catch let failure as ListenFailure {
      complain("vesigate: \(failure)")
      throw failure.isPermission ? ExitStatus.permission : ExitStatus.unavailable
    } catch let fault as StoreFault {
      complain("vesigate: \(fault.sentence)")
      throw ExitStatus.unavailable
    } catch {
      complain("vesigate: \(error)")
      throw ExitStatus.software
    }
  }

  private func check(workers: Int, listening: Int) throws {
    guard let shortage = DescriptorLimit.shortage(workers: workers, listening: listening) else { return }
    complain("vesigate: \(shortage)")
    throw ExitStatus.unavailable
  }
}
