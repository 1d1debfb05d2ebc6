internal import ArgumentParser
internal import Signing

struct SignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Print the headers that sign a body, as its sender would.",
    usage: "vesigate sign [<options>] [<body-file>]",
    discussion: """
      The headers come one a line, ready for curl -H @-.

      Examples:
        vesigate sign body.json | curl -H @- --data-binary @body.json URL
        vesigate sign --route /webhooks/stripe body.json
        vesigate sign --secret-file ./secret --signature github body.json
      """)

  @OptionGroup var signing: SigningOptions

  @Argument(
    help: ArgumentHelp("The file that holds the body; - is standard input.", valueName: "body-file"),
    completion: .file())
  var bodyFile = "-"

  func run() throws {
    let body = try BoundedFile.readForCommand(bodyFile)
    for (name, value) in try signing.headers(for: body).fields { print("\(name): \(value)") }
  }
}
