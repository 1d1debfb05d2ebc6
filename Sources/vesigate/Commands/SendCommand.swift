internal import ArgumentParser
internal import Gateway
internal import HTTP
internal import Rotation
internal import Signing
internal import Telemetry

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
    help: ArgumentHelp(
      "A further header; may be given several times. Content-Type is application/json where none is given.",
      valueName: "name: value"))
  var headers: [String] = []

  @Argument(help: ArgumentHelp("The file that holds the body; - is standard input.", valueName: "body-file"))
  var bodyFile = "-"

  func validate() throws {
    for header in headers where !header.isHeaderLine {
      throw ValidationError("--header must be 'name: value' on one line, without control characters")
    }
    if unixSocket == "" { throw ValidationError("--unix-socket must be a path") }
  }

  func run() throws {
    let body = try BoundedFile.readForCommand(bodyFile)
    let signed = try signing.headers(for: body).fields.map { "\($0.name): \($0.value)" }
    let isTyped = headers.contains { $0.headerName.lowercased() == "content-type" }
    let type = isTyped ? [] : ["Content-Type: application/json"]
    let call = CurlCall(
      url: url, unixSocketPath: unixSocket, headers: type + headers + signed, secondsMax: 30)
    let answer: CurlCall.Answer
    do throws(CurlCall.Failure) {
      answer = try body.lent { bytes throws(CurlCall.Failure) in try call.post(bytes) }
    } catch {
      complain("vesigate: \(url): \(error)")
      throw ExitStatus.unavailable
    }
    print(TerminalText.shown(bytes: answer.head), terminator: "")
    print(TerminalText.shown(bytes: answer.body))
    guard (200...299).contains(answer.status) else { throw ExitStatus.refused }
  }
}

extension String {
  fileprivate var headerName: Substring { prefix { $0 != ":" } }

  /// Looked at byte by byte: CR and LF together are one character of a string.
  fileprivate var isHeaderLine: Bool {
    let bytes = Array(utf8)
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return false }
    return bytes[..<colon].allSatisfy(\.isTokenCharacter) && bytes[colon...].allSatisfy(\.isFieldValueByte)
  }
}
