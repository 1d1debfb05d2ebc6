internal import Configuration
internal import Formats
internal import Gateway
internal import Operations

/// What to type next, once a delivery was not taken.
enum SendAdvice {
  static func of(status: Int, route: Route?, configPath: String) -> String {
    let config = option(configPath)
    switch status {
    case 401:
      let which = route.map { ["--route", $0.path.text] } ?? []
      return "why: " + words(["vesigate", "capture"] + which + config)
        + " while you send it once more, then vesigate diagnose with the file that it saves"
    case 500:
      return "why: vesigate gives no such answer: the log of the app, or of a front, says why"
    case 504:
      return
        "why: the app was too slow: it should answer first and work later, or durable: true keeps senders "
        + "from waiting for it; the log has the reason: journalctl -u vesigate -n 20"
    case 502:
      return "why: " + words(["vesigate", "check", "--connect"] + config)
        + " asks each upstream for a connection; the log has the reason: journalctl -u vesigate -n 20"
    default:
      return "why: the log has the delivery's line: journalctl -u vesigate -n 20; "
        + words(["vesigate", "status"] + config) + " shows what is in force"
    }
  }

  /// Nobody takes connections there.
  static func ofSilence(_ signer: SigningOptions.Signer) -> String? {
    guard let socket = signer.configuration?.control else { return nil }
    guard let report = try? ControlClient(path: socket).status() else {
      return "no daemon answers at \(socket) either: systemctl start vesigate, or vesigate run, starts one"
    }
    let listen = report.listen.joined(separator: ", ")
    return "the daemon listens on \(listen): a change of listen waits for a restart"
  }

  private static func option(_ configPath: String) -> [String] {
    configPath == Configuration.fileDefault ? [] : ["--config", configPath]
  }

  private static func words(_ words: [String]) -> String { words.map(\.shellWord).joined(separator: " ") }
}
