internal import ArgumentParser
internal import Configuration
internal import Glibc
internal import Telemetry

/// The exit codes of sysexits.h that the commands use.
enum ExitStatus {
  /// A delivery was not verified, or not accepted.
  static let refused = ExitCode(1)
  static let usage = ExitCode(64)
  /// A file named on the command line cannot be read.
  static let input = ExitCode(66)
  static let unavailable = ExitCode(69)
  static let software = ExitCode(70)
  static let permission = ExitCode(77)
  static let configuration = ExitCode(78)
}

/// Standard error, for what is not a command's result. Where that is the journal, each line is an error there:
/// `systemctl status` and `journalctl -p err` show why a service did not start.
func complain(_ text: String) {
  let isJournal = LogFormat.automatic(environment: SystemdEnvironment.current()) == .journal
  var text = TerminalText.shown(text).split(separator: "\n", omittingEmptySubsequences: false)
    .map { (isJournal ? "<3>" : "") + $0 + "\n" }.joined()
  text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
}

/// Prints what is wrong and ends the command with the code it asks for.
func fail(_ failure: LoadFailure) -> ExitCode {
  complain(failure.description)
  let count = failure.problems.all.count
  complain("vesigate: \(count) \(count == 1 ? "problem" : "problems"), nothing was done")
  return ExitCode(failure.exitCode)
}
