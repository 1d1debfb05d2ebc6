internal import ArgumentParser
internal import Calling
internal import Gateway

struct SendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send",
    abstract: "Sign a body, post it to a URL and show the answer.",
    discussion: "Ends with 0 when the answer is a 2xx, with 1 for any other answer.")

  @OptionGroup var signing: SigningOptions

  @Option(help: "Where to post it.")
  var url: String

  @Option(help: ArgumentHelp("Connect to this unix socket instead of the URL's host.", valueName: "path"))
  var unixSocket: String?

  @Option(
    name: [.customShort("H"), .customLong("header")],
    help: ArgumentHelp("A further header; may be given several times.", valueName: "name: value"))
  var headers: [String] = ["Content-Type: application/json"]

  @Argument(help: ArgumentHelp("The file that holds the body; - is standard input.", valueName: "body-file"))
  var bodyFile = "-"

  func run() throws {
    let body = try BoundedFile.readForCommand(bodyFile)
    let signed = try signing.headers(for: body).fields.map { "\($0.name): \($0.value)" }
    let call = CurlCall(url: url, unixSocketPath: unixSocket, headers: headers + signed, secondsMax: 30)
    let answer: CurlCall.Answer
    do throws(CurlCall.Failure) {
      answer = try body.lent { bytes throws(CurlCall.Failure) in try call.post(bytes) }
    } catch {
      complain("vesigate: \(url): \(error)")
      throw ExitStatus.unavailable
    }
    // In bytes: CR LF is one character of a string.
    print(String(decoding: answer.head.filter { $0 != 13 }, as: UTF8.self), terminator: "")
    print(String(decoding: answer.body, as: UTF8.self))
    guard (200...299).contains(answer.status) else { throw ExitStatus.refused }
  }
}
