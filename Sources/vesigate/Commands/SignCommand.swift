internal import ArgumentParser
internal import Signing

struct SignCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract: "Print the headers that sign a body, as its sender would.",
    discussion: "The headers come one a line, ready for curl -H @-.")

  @OptionGroup var signing: SigningOptions

  @Argument(help: ArgumentHelp("The file that holds the body; - is standard input.", valueName: "body-file"))
  var bodyFile = "-"

  func run() throws {
    let body = try BoundedFile.readForCommand(bodyFile)
    for (name, value) in try signing.headers(for: body).fields { print("\(name): \(value)") }
  }
}
