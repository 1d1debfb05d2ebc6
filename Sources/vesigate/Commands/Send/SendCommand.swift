internal import ArgumentParser
internal import Configuration
internal import Formats
internal import Gateway
internal import Glibc
internal import HTTP
internal import POSIX
internal import Rotation
internal import Signing
internal import Telemetry

struct SendCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "send",
    abstract: "Sign a body, post it to a route, and show the answer.",
    usage: """
      vesigate send [<options>] [<route>]
      vesigate send [<options>] --url <url> [<body-file>]
      """,
    discussion: """
      Without --url it goes to where the configuration listens. Its body is a small sample of what the route's \
      sender would send, each time another one, unless --body names a file. With --url it goes there instead, \
      say through the front, and its body is that of a file or standard input. The app gets it as it gets any \
      delivery: nothing in it says who sent it.

      Ends with 0 when the answer is a 2xx, with 1 for any other answer, with 69 where nobody answers.

      Examples:
        vesigate send
        vesigate send /webhooks/vesicash --event payment.failed
        vesigate send --body invoice.json
        vesigate send --url https://example.org/webhooks/vesicash body.json
      """)

  @OptionGroup var signing: SigningOptions

  @Option(
    help: ArgumentHelp("Where to post it, if not to where the configuration listens.", valueName: "url"))
  var url: String?

  @Option(
    help: ArgumentHelp(
      "A sample of this event, such as payment.success; TAB shows those that are known.", valueName: "name"),
    completion: .custom { words, _, _ in Completions.events(words) })
  var event: String?

  @Option(
    help: ArgumentHelp("The file that holds the body; - is standard input.", valueName: "file"),
    completion: .file())
  var body: String?

  @Option(
    help: ArgumentHelp("Connect to this unix socket instead of the URL's host.", valueName: "path"),
    completion: .file())
  var unixSocket: String?

  @Option(
    help: ArgumentHelp("Believe these authorities (PEM) alone, of an https URL.", valueName: "file"),
    completion: .file(extensions: ["pem", "crt"]))
  var caFile: String?

  @Flag(help: "Do not verify an https server's certificate: whoever answers gets a valid delivery.")
  var insecure = false

  @Option(
    name: [.customShort("H"), .customLong("header")],
    help: ArgumentHelp(
      "A further header; may be given several times. Content-Type is application/json where none is given.",
      valueName: "name: value"))
  var headers: [String] = []

  @Argument(
    help: ArgumentHelp(
      "The route; behind --url or --route, the file that holds the body, or - for standard input.",
      valueName: "route"),
    completion: .custom { words, _, _ in Completions.routes(words) })
  var word: String?

  /// What the word stands for depends on what is named already.
  private var namesRoute: Bool { url == nil && signing.route == nil && signing.secretFile == nil }
  var bodyFile: String? { body ?? (namesRoute ? nil : word) }
  private var configPath: String { signing.config.path }

  func validate() throws {
    for header in headers where !header.isHeaderLine {
      throw ValidationError("--header must be 'name: value' on one line, without control characters")
    }
    if unixSocket == "" { throw ValidationError("--unix-socket must be a path") }
    if insecure, caFile != nil { throw ValidationError("give --ca-file or --insecure, not both") }
    // With a slash it may be a route's name, host first.
    if namesRoute, let word, !word.contains("/") || word.contains("://") {
      let option = word.contains("://") ? "--url" : "--body"
      throw ValidationError("\(word) is no route, did you mean \(option) \(word.shellWord)?")
    }
    if url == nil, signing.secretFile != nil {
      throw ValidationError("with --secret-file no configuration is read: say where to post it with --url")
    }
    let bodies = [event, body, namesRoute ? nil : word].compactMap { $0 }
    guard bodies.count <= 1 else {
      throw ValidationError("give one body: --event, --body, or a file behind --url or --route")
    }
    if let event, !SampleDelivery.isEvent(event) {
      throw ValidationError("--event must be \(SampleDelivery.eventGrammar)")
    }
  }

  func run() throws {
    let signer = try signing.signer(route: namesRoute ? word : nil, url: url)
    let target = try target(signer)
    let content = try content(signer)
    let signed = try signing.headers(for: content.body, by: signer).fields.map { "\($0.name): \($0.value)" }
    if let what = content.name { complain("\(what), \(content.body.count) bytes, to \(target.shown)") }
    let given = headers.map { $0.headerName.lowercased() }
    let own = (["Content-Type: application/json"] + content.headers + target.headers)
      .filter { !given.contains($0.headerName.lowercased()) }
    let answer = try post(content.body, own + headers + signed, to: target, signer)
    print(TerminalText.shown(bytes: answer.head), terminator: "")
    print(TerminalText.shown(bytes: answer.body))
    guard !(200...299).contains(answer.status) else {
      if let next = SendAdvice.ofStored(answer, route: signer.route, configPath: configPath) {
        complain(next)
      }
      return
    }
    complain(SendAdvice.of(status: answer.status, route: signer.route, configPath: configPath))
    throw ExitStatus.refused
  }

  private func post(
    _ body: [UInt8], _ lines: [String], to target: SendTarget, _ signer: SigningOptions.Signer
  ) throws -> CurlCall.Answer {
    var call = CurlCall(url: target.url, unixSocketPath: target.unixSocket, headers: lines, secondsMax: 30)
    call.caFile = caFile
    call.verifiesServer = !insecure
    do throws(CurlCall.Failure) {
      return try body.lent { bytes throws(CurlCall.Failure) in try call.post(bytes) }
    } catch {
      complain("vesigate: \(target.shown): \(error)")
      if "\(error)".hasSuffix("wrong version number") {
        complain("whoever listens there speaks no TLS: http:// asks without, and only a front has https://")
      }
      if url == nil, let hint = SendAdvice.ofSilence(signer) { complain(hint) }
      throw ExitStatus.unavailable
    }
  }

  private func target(_ signer: SigningOptions.Signer) throws -> SendTarget {
    if let url { return SendTarget(url: url, unixSocket: unixSocket) }
    guard let route = signer.route, let configuration = signer.configuration else {
      throw ExitStatus.software
    }
    guard route.methods.contains("POST") else {
      let methods = route.methods.joined(separator: ", ")
      complain("vesigate: route \(route.name) takes \(methods) alone, and send posts")
      throw ExitStatus.usage
    }
    guard let target = SendTarget(route: route, listen: configuration.listen, unixSocket: unixSocket) else {
      let listen = configuration.listen.map(\.text).joined(separator: ", ")
      complain("vesigate: listen: \(listen) does not say where deliveries are taken: say so with --url")
      throw ExitStatus.usage
    }
    return target
  }

  /// What is sent, with what is said of it.
  private struct Content {
    var body: [UInt8]
    var headers: [String] = []
    /// Nil where whoever asked named everything.
    var name: String?
  }

  private func content(_ signer: SigningOptions.Signer) throws -> Content {
    if let bodyFile {
      let body = try BoundedFile.readForCommand(bodyFile)
      return Content(body: body, name: url == nil ? "the body of \(bodyFile)" : nil)
    }
    guard url == nil || event != nil else { return Content(body: try BoundedFile.readForCommand("-")) }
    if StandardInput.holdsSomething { complain("note: standard input is not read; --body - sends it") }
    if let event, let remark = SampleDelivery.remark(on: event, of: signer.layout) {
      complain("note: \(remark)")
    }
    let now = Clocks.now().unixMilliseconds
    let id = PublicID(unixMilliseconds: now, random: (.random(in: .min ... .max), .random(in: .min ... .max)))
    let sample = SampleDelivery(of: signer.layout, event: event, at: now, id: id.description)
    return Content(body: Array(sample.body.utf8), headers: sample.headers, name: "sample \(sample.event)")
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
