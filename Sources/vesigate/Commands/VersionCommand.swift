internal import ArgumentParser

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Print the version, and those of the libraries in use.",
    discussion: """
      Examples:
        vesigate version
      """)

  func run() { print(Version.text) }
}
