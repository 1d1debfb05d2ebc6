internal import Configuration
internal import Formats
internal import Gateway
internal import Operations
internal import Rotation

/// What to type next, once a delivery was not taken.
enum SendAdvice {
  static func of(status: Int, route: Route?, configPath: String) -> String {
    let config = ConfigOption.words(configPath)
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

  /// The answer of a durable route says that the gateway has it, and nothing of the app.
  static func ofStored(_ answer: CurlCall.Answer, route: Route?, configPath: String) -> String? {
    guard route?.isDurable == true, let id = deliveryID(in: answer.head) else { return nil }
    return "it is stored; what the app says to it: "
      + words(["vesigate", "queue", "show", id] + ConfigOption.words(configPath))
  }

  /// Of the field that names it, where it holds nothing but an id.
  private static func deliveryID(in head: [UInt8]) -> String? {
    for line in String(decoding: head, as: UTF8.self).split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, parts[0].lowercased() == "x-delivery-id" else { continue }
      return parts[1].split(separator: " ").first.flatMap { PublicID(String($0))?.description }
    }
    return nil
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

  private static func words(_ words: [String]) -> String { words.map(\.shellWord).joined(separator: " ") }
}
