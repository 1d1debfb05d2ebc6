internal import ArgumentParser
internal import Formats
internal import Operations

struct QueueCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "queue",
    abstract: "Show what durable routes have stored, send it again, call it off, delete or export it.",
    discussion: """
      It asks the running daemon over the control socket; nobody else may open its store for writing. salvage \
      alone reads the file itself. Each change is logged with the user id of whoever asked for it.

      Exit codes: 0 done, 1 nothing was found, asked for no longer, or left undone, 64 wrong usage, 66 the \
      store cannot be read, 69 no daemon answers, or no route is durable, 73 a file or folder cannot be \
      created, 74 the disk is full or broken, 77 permission denied, 78 the configuration does not say which \
      daemon is meant.

      Examples:
        vesigate queue list --state dead
        vesigate queue replay --route /webhooks/vesicash --rate 20 --wait
        vesigate queue show 0198f1c2-7a40-7f6e-8c55-2f1d3c4b5a69
      """,
    subcommands: [
      QueueListCommand.self, QueueShowCommand.self, QueueBodyCommand.self, QueueReplayCommand.self,
      QueueReplaysCommand.self, QueuePauseCommand.self, QueueResumeCommand.self, QueueStopCommand.self,
      QueueRetryCommand.self, QueueCancelCommand.self, QueuePurgeCommand.self, QueueExportCommand.self,
      QueueSalvageCommand.self,
      QueuePruneCommand.self,
    ])
}

struct QueueListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Stored deliveries, the newest first.",
    usage: "vesigate queue list [<options>]",
    discussion: """
      With --json an object a line, with instants as Unix milliseconds. --text looks through the bodies of \
      the newest 10000 that the other filters leave, byte for byte, and says where it ends before it has seen \
      all of them; it is for root and the daemon's own user.

      Examples:
        vesigate queue list
        vesigate queue list --state dead --since 12h
        vesigate queue list --status 502 --text VC-2026-0042
        vesigate queue list --route /webhooks/vesicash --json
      """)

  @OptionGroup var config: ConfigOption
  @OptionGroup var filter: QueueFilterOptions

  @Option(help: ArgumentHelp("With this in the body.", valueName: "words"))
  var text: String?

  @Option(help: "How many lines.")
  var limit = 50

  @Flag(help: "One line of JSON for each.")
  var json = false

  func validate() throws {
    guard text.map({ 1...QueueRequest.textBytesMax ~= $0.utf8.count }) ?? true else {
      throw ValidationError("--text has from 1 to \(QueueRequest.textBytesMax) bytes")
    }
    guard (1...1_000_000).contains(limit) else { throw ValidationError("--limit is from 1 to 1000000") }
  }

  func run() throws {
    let daemon = try QueueDaemon(config)
    var request = filter.request(.list)
    request.text = text
    var left = limit
    var isMore = false
    repeat {
      request.limit = min(left, QueueRequest.pageMax)
      let answer = try daemon.ask(request)
      for job in answer.jobs { for line in QueueText.lines(of: job, json: json) { print(line) } }
      guard !answer.isCut else { return tellCut(answer) }
      if left == limit, answer.jobs.isEmpty { complain(answer.nothing ?? "nothing in the store matches") }
      left -= answer.jobs.count
      try daemon.turn(&request, to: answer)
      isMore = answer.before != nil
    } while left > 0 && isMore
    if isMore, !json { complain("there are more: --limit shows them, and filters narrow them down") }
  }

  private func tellCut(_ answer: QueueAnswer) {
    let looked = answer.looked.map { "the newest \($0) bodies" } ?? "a part of the store"
    complain(
      "only \(looked) were looked through: other filters narrow them down, --until goes on behind them")
  }
}

struct QueueShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "One stored delivery with its attempts.",
    discussion: """
      The beginnings of the app's answers are for root and the daemon's own user.

      Examples:
        vesigate queue show 0198f1c2-7a40-7f6e-8c55-2f1d3c4b5a69
      """)

  @OptionGroup var config: ConfigOption

  @Argument(
    help: "As the log and X-Delivery-Id say.",
    completion: .custom { words, _, _ in Completions.deliveries(words) })
  var id: String

  @Flag(help: "One line of JSON for each job.")
  var json = false

  func validate() throws { try QueueFilterOptions.validate(ids: [id]) }

  func run() throws {
    var request = QueueRequest(.show)
    request.id = id
    let answer = try QueueDaemon(config).ask(request)
    guard !answer.jobs.isEmpty else {
      complain("vesigate: no delivery has the id \(id)")
      throw ExitStatus.refused
    }
    for job in answer.jobs {
      for line in json ? [job.json] : QueueText.whole(job) { print(line) }
    }
  }
}
