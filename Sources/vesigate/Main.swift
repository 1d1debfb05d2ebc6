internal import ArgumentParser
internal import Supervision

/// The program's first statements hold what must not happen before the service is ready: a descriptor of 0 to 2
/// that is somebody else's, an end by an early SIGHUP, and messages that are not the program's own.
@main
enum Main {
  static func main() async {
    StandardStreams.hold()
    EarlySignals.hold()
    DispatchMessages.silence()
    await Vesigate.main()
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
      program itself, 77 permission denied, 78 the configuration is not usable. \
      vesigate secret, reload and capture have further ones: see their help.
      """,
    version: Version.text,
    subcommands: [
      RunCommand.self, CheckCommand.self, SecretCommand.self, ReloadCommand.self, StatusCommand.self,
      SignCommand.self, SendCommand.self, VerifyCommand.self, DiagnoseCommand.self, CaptureCommand.self,
      VersionCommand.self,
    ])
}
