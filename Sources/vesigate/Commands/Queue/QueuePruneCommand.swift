internal import ArgumentParser
internal import Operations

struct QueuePruneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Say that the clock is right, and delete what is old by it.",
    discussion: """
      Where the clock has jumped by more than an hour, nothing of the store is deleted for its age until the \
      next start, or until somebody who has looked at the clock says so.

      Examples:
        timedatectl && vesigate queue prune --now
      """)

  @OptionGroup var config: ConfigOption

  @Flag(help: "The clock is right now.")
  var now = false

  func validate() throws {
    guard now else { throw ValidationError("look at the clock, then say --now") }
  }

  func run() throws {
    let answer = try QueueDaemon(config).ask(QueueRequest(.prune))
    print(answer.message)
  }
}
