internal import ArgumentParser

/// The program's first statements hold what must not happen before the service is ready: a descriptor of 0 to 2
/// that is somebody else's, an end by an early SIGHUP, and messages that are not the program's own.
@main
enum Main {
  static func main() async {
    StandardStreams.hold()
    EarlySignals.hold()
    DispatchMessages.silence()
    do {
      var command = try await Vesigate.asyncParseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      end(error)
    }
    end(nil)
  }

  /// As the library would, but that a result that could not be written is no success.
  private static func end(_ error: (any Error)?) -> Never {
    var status = ExitCode.success
    if let error {
      status = Vesigate.exitCode(for: error)
      let text = Vesigate.fullMessage(for: error)
      let words = Array(CommandLine.arguments.dropFirst())
      if status.isSuccess, let mistake = Misspelling.ofHelp(words) {
        complain(mistake)
        Vesigate.exit(withError: ExitStatus.usage)
      }
      // Help and the version are results as well.
      if status.isSuccess, !text.isEmpty { StandardOutput.put(HelpText.shown(text) + "\n") }
      if status == ExitStatus.usage, let better = Misspelling.corrected(text, words) {
        complain(better)
        Vesigate.exit(withError: ExitStatus.usage)
      }
    }
    if let problem = StandardOutput.problem {
      complain("vesigate: standard output: \(problem); only what was to be told is missing")
    }
    if StandardOutput.hasFailed, status.isSuccess { Vesigate.exit(withError: ExitStatus.storage) }
    Vesigate.exit(withError: status.isSuccess ? nil : error)
  }
}

struct Vesigate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vesigate",
    abstract: "The verifying webhook gateway.",
    discussion: """
      vesigate stands in front of an application, verifies the HMAC of every webhook that arrives, marks it \
      with X-Verified and forwards the untouched body. Send SIGHUP to make a running vesigate read its \
      configuration and its secret files again.

      Exit codes: 0 success, 1 a delivery was not verified or not accepted, 64 wrong usage, 66 a file named \
      on the command line cannot be read, 69 an address or a server is not available, 70 an error of the \
      program itself, 74 the result cannot be written to standard output, 77 permission denied, 78 the \
      configuration is not usable. \
      vesigate secret, reload, capture, tail and queue have further ones: see their help.

      Examples:
        vesigate check
        vesigate send
        vesigate status --watch
        vesigate help secret rotate
      """,
    version: Version.text,
    groupedSubcommands: [
      CommandGroup(
        name: "To run it",
        subcommands: [
          RunCommand.self, CheckCommand.self, SecretCommand.self, ReloadCommand.self, StatusCommand.self,
          TailCommand.self, InspectCommand.self,
        ]),
      CommandGroup(
        name: "To try a route, and to find out why it refuses",
        subcommands: [
          SignCommand.self, SendCommand.self, VerifyCommand.self, DiagnoseCommand.self, CaptureCommand.self,
        ]),
      CommandGroup(
        name: "To look after what durable routes keep",
        subcommands: [QueueCommand.self, QuarantineCommand.self]),
      CommandGroup(name: "To report a mistake", subcommands: [VersionCommand.self]),
    ])
}
