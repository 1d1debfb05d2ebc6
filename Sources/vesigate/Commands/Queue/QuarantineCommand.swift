internal import ArgumentParser
internal import Formats
internal import Operations
internal import POSIX

struct QuarantineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quarantine",
    abstract: "Show what could not be verified and is kept, have it judged again, or throw it away.",
    discussion: """
      On durable routes with quarantine: what no secret verifies, and may be genuine all the same, is kept for \
      a while; its sender was refused. Once the secrets are others it is judged again, as of its arrival. Each \
      change is logged with the user id of whoever asked for it.

      Exit codes: 0 done, 1 nothing was found or asked for no longer, 64 wrong usage, 69 no daemon answers, or \
      no route is durable, 77 permission denied, 78 the configuration does not say which daemon is meant.

      Examples:
        vesigate quarantine list --since 12h
        vesigate quarantine release --route /webhooks/vesicash --dry-run
      """,
    subcommands: [
      QuarantineListCommand.self, QuarantineShowCommand.self, QuarantineReleaseCommand.self,
      QuarantineDropCommand.self,
    ])
}

struct QuarantineListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "What is kept, the newest first.",
    usage: "vesigate quarantine list [<options>]",
    discussion: """
      With --json an object a line, with instants as Unix milliseconds.

      Examples:
        vesigate quarantine list
        vesigate quarantine list --reason mismatch --since 12h
      """)

  @OptionGroup var config: ConfigOption
  @OptionGroup var filter: QuarantineFilterOptions

  @Option(help: "How many lines.")
  var limit = 50

  @Flag(help: "One line of JSON for each.")
  var json = false

  func validate() throws {
    guard (1...1_000_000).contains(limit) else { throw ValidationError("--limit is from 1 to 1000000") }
  }

  func run() throws {
    let daemon = try QueueDaemon(config)
    var request = filter.request(.list)
    var left = limit
    repeat {
      request.limit = min(left, QuarantineRequest.pageMax)
      let answer = try daemon.ask(request)
      for delivery in answer.deliveries {
        for line in json ? [delivery.json] : QuarantineText.lines(of: delivery) { print(line) }
      }
      if left == limit, answer.deliveries.isEmpty { complain(answer.nothing ?? "nothing is kept") }
      left -= answer.deliveries.count
      request.from = answer.next
    } while left > 0 && request.from != nil
    if request.from != nil, !json {
      complain("there are more: --limit shows them, and filters narrow them down")
    }
  }
}

struct QuarantineShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "One that is kept, with what it says of itself.",
    discussion: """
      Its head is for root and the daemon's own user; signatures are shown to nobody.

      Examples:
        vesigate quarantine show 5f0c1a9e2b7d4c38
      """)

  @OptionGroup var config: ConfigOption

  @Argument(help: "As list shows it.", completion: .custom { words, _, _ in Completions.quarantined(words) })
  var id: String

  @Flag(help: "One line of JSON.")
  var json = false

  func validate() throws { try QuarantineFilterOptions.validate(ids: [id]) }

  func run() throws {
    var request = QuarantineRequest(.show)
    request.id = id
    let answer = try QueueDaemon(config).ask(request)
    guard !answer.deliveries.isEmpty else {
      complain("vesigate: nothing in the quarantine has the id \(id)")
      throw ExitStatus.refused
    }
    for delivery in answer.deliveries {
      for line in json ? [delivery.json] : QuarantineText.whole(delivery) { print(line) }
    }
  }
}

struct QuarantineReleaseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "release",
    abstract: "Have what is kept judged by the secrets in force, and queue what they verify.",
    usage: "vesigate quarantine release [<options>] [<id> ...]",
    discussion: """
      Those named, those of a filter, or all. Each is judged as of its arrival. What is not verified stays where \
      it is: nothing but its signature lets it out.

      Examples:
        vesigate quarantine release --dry-run
        vesigate quarantine release --route /webhooks/vesicash --yes
      """)

  @OptionGroup var config: ConfigOption

  @Argument(
    help: ArgumentHelp("As list shows them.", valueName: "id"),
    completion: .custom { words, _, _ in Completions.quarantined(words) })
  var ids: [String] = []

  @OptionGroup var filter: QuarantineFilterOptions

  @Flag(help: "Only say how many would be queued.")
  var dryRun = false

  @Flag(help: "Do not ask.")
  var yes = false

  func validate() throws { try filter.validate(besides: ids) }

  func run() throws {
    let daemon = try QueueDaemon(config)
    let requests = filter.requests(.release, ids)
    let count = try QuarantineCount.of(requests, daemon)
    if !dryRun, !yes { try Agreement.ask("Have \(count) judged again, and queue what is verified?") }
    var sum = QuarantineAnswer()
    for request in requests { try release(request, daemon, into: &sum) }
    for line in QuarantineText.released(sum, isDry: dryRun) { print(line) }
    if sum.count + sum.duplicates == 0 { throw ExitStatus.refused }
  }

  /// A page at a time, so that accepting goes on.
  private func release(
    _ request: QuarantineRequest, _ daemon: QueueDaemon, into sum: inout QuarantineAnswer
  ) throws {
    var request = request
    request.isDry = dryRun
    var page = 0
    repeat {
      let answer = try daemon.ask(request)
      sum.count += answer.count
      sum.duplicates += answer.duplicates
      sum.unverified += answer.unverified
      sum.revoked += answer.revoked
      sum.waiting += answer.waiting
      sum.broken += answer.broken
      request.from = answer.next
      page += 1
      if page % 16 == 0, answer.next != nil { complain("\(sum.count) so far") }
    } while request.from != nil
  }
}

struct QuarantineDropCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drop",
    abstract: "Throw away what is kept.",
    usage: "vesigate quarantine drop [<options>] [<id> ...]",
    discussion: """
      Those named, all of a filter, or --all. Their senders have been refused, and hear nothing of it.

      Examples:
        vesigate quarantine drop 5f0c1a9e2b7d4c38
        vesigate quarantine drop --all --dry-run
      """)

  @OptionGroup var config: ConfigOption

  @Argument(
    help: ArgumentHelp("As list shows them.", valueName: "id"),
    completion: .custom { words, _, _ in Completions.quarantined(words) })
  var ids: [String] = []

  @OptionGroup var filter: QuarantineFilterOptions

  @Flag(help: "All that the filter lets through.")
  var all = false

  @Flag(help: "Only say how many.")
  var dryRun = false

  @Flag(help: "Do not ask.")
  var yes = false

  func validate() throws {
    try QueueChoice.validate(ids, all: all, isFiltered: !filter.isEmpty)
    try filter.validate(besides: ids)
  }

  func run() throws {
    let daemon = try QueueDaemon(config)
    let requests = filter.requests(.drop, ids)
    let count = try QuarantineCount.of(requests, daemon)
    if dryRun { return Agreement.sayWhatIsMeant(count) }
    if !yes { try Agreement.ask("Throw away \(count)?") }
    var dropped = 0
    for var request in requests {
      repeat {
        let answer = try daemon.ask(request)
        dropped += answer.count
        request.from = answer.next
      } while request.from != nil
    }
    print("\(dropped) thrown away")
  }
}

/// How many are meant; the command ends where there are none.
enum QuarantineCount {
  static func of(_ requests: [QuarantineRequest], _ daemon: QueueDaemon) throws -> Int {
    var count = 0
    for var request in requests {
      request.verb = QuarantineRequest.Verb.count.rawValue
      let answer = try daemon.ask(request)
      count += answer.count
      guard answer.count == 0 else { continue }
      let absent = request.id.map { "nothing in the quarantine has the id \($0)" }
      complain(absent ?? answer.nothing ?? "nothing that is kept matches")
    }
    guard count > 0 else { throw ExitStatus.refused }
    return count
  }
}
