internal import ArgumentParser
internal import Formats
internal import Operations
internal import POSIX

struct QueueReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Send stored deliveries again that have ended.",
    discussion: """
      Those named, or all of a filter: the dead ones, unless --state says otherwise. Each begins anew, with all \
      its time; its attempts are counted on, and the app is told X-Delivery-Replay.

      With --rate the daemon moves what the filter means by itself, so many a second and below what comes \
      meanwhile. It goes on behind a restart, waits while the app fails or is behind, and pauses itself when \
      half of the last twenty have died again. queue replays shows how far it is.

      Examples:
        vesigate queue replay 0198f1c2-7a40-7f6e-8c55-2f1d3c4b5a69
        vesigate queue replay --route /webhooks/vesicash --since 12h
        vesigate queue replay --all --rate 20 --wait
      """)

  @OptionGroup var config: ConfigOption
  @OptionGroup var change: QueueChangeOptions

  @Option(
    help: ArgumentHelp(
      "In the background, so many a second, from \(QueueRequest.rates.lowerBound) to \(QueueRequest.rates.upperBound).",
      valueName: "count"))
  var rate: Int?

  @Flag(help: "Show how a replay with --rate goes on, until it is over; Ctrl-C leaves it to the daemon.")
  var wait = false

  func validate() throws {
    try change.validate(.replay)
    guard let rate else {
      if wait { throw ValidationError("--wait is for a replay with --rate") }
      return
    }
    guard QueueRequest.rates.contains(rate) else {
      throw ValidationError(
        "--rate is from \(QueueRequest.rates.lowerBound) to \(QueueRequest.rates.upperBound)")
    }
    guard change.choice.ids.isEmpty else { throw ValidationError("--rate is for a filter, not for ids") }
  }

  func run() throws {
    let daemon = try QueueDaemon(config)
    guard let rate else {
      return try change.run(daemon, .replay) { "Send \($0) again?" }
    }
    let meant = try change.agreed(daemon, .replay, as: .replayBegin) { "Send \($0) again, \(rate) a second?" }
    guard var request = meant?.requests.first else { return }
    request.rate = rate
    let answer = try daemon.ask(request)
    guard let replay = answer.replays.first else { throw daemon.foreign }
    guard replay.rate == rate else {
      complain(
        "vesigate: replay \(replay.replay) is under way already, \(replay.rate) a second: "
          + "queue stop \(replay.replay) first, for another rate")
      throw ExitStatus.refused
    }
    print("replay \(replay.replay) \(answer.count == 0 ? "is under way already" : "has begun")")
    for line in QueueText.lines(of: replay) { print(line) }
    if wait { try follow(replay.replay, daemon) }
  }

  private static let lookNanoseconds: Int64 = 500_000_000

  private func follow(_ number: Int64, _ daemon: QueueDaemon) throws {
    var last: QueueAnswer.Replay?
    while true {
      let found = try daemon.ask(QueueRequest(.replays)).replays.first { $0.replay == number }
      guard let replay = found else { throw daemon.foreign }
      if replay.state == "done" { return print("\(replay.moved) queued again") }
      if replay != last { complain(QueueText.progress(replay)) }
      last = replay
      if replay.state != "running" { throw ExitStatus.refused }
      Clocks.sleep(nanoseconds: Self.lookNanoseconds)
    }
  }
}

struct QueueReplaysCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replays",
    abstract: "Replays with a rate, the newest first, and how far each is.",
    discussion: """
      A replay that is running may wait: for an app that fails, or that is behind with what came before. One \
      that has paused itself (failing) goes on once queue resume is given its number.

      Examples:
        vesigate queue replays
      """)

  @OptionGroup var config: ConfigOption

  @Flag(help: "One line of JSON for each.")
  var json = false

  func run() throws {
    let replays = try QueueDaemon(config).ask(QueueRequest(.replays)).replays
    if replays.isEmpty, !json { complain("no replay is known") }
    for replay in replays {
      for line in json ? [replay.json] : QueueText.lines(of: replay) { print(line) }
    }
  }
}

struct QueuePauseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pause", abstract: "Have replays wait until they are resumed.",
    discussion: """
      What they have moved already is delivered.

      Examples:
        vesigate queue pause 3
      """)

  @OptionGroup var config: ConfigOption
  @OptionGroup var replays: QueueReplayNumbers

  func run() throws { try replays.change(QueueDaemon(config), .replayPause) }
}

struct QueueStopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop", abstract: "End replays for good.",
    discussion: """
      What they have moved already is delivered, unless queue cancel calls it off; the rest stays as it is.

      Examples:
        vesigate queue stop 3
      """)

  @OptionGroup var config: ConfigOption
  @OptionGroup var replays: QueueReplayNumbers

  func run() throws { try replays.change(QueueDaemon(config), .replayStop) }
}

struct QueueResumeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "Take up again what was paused or called off: replays, or deliveries.",
    usage: "vesigate queue resume [<options>] [<replay> ...] [<id> ...]",
    discussion: """
      A number is a replay's, as queue replays shows it. Ids, or a filter, mean deliveries that queue cancel \
      has called off: they wait to be sent again, with what was left of their time.

      Examples:
        vesigate queue resume 3
        vesigate queue resume --route /webhooks/vesicash
      """)

  @OptionGroup var config: ConfigOption
  @OptionGroup var change: QueueChangeOptions

  /// No id is one: those have hyphens.
  private var numbers: [Int64] { change.choice.ids.compactMap { Int64($0) } }

  func validate() throws {
    guard numbers.isEmpty || numbers.count == change.choice.ids.count else {
      throw ValidationError("numbers of replays and ids of deliveries exclude each other")
    }
    if numbers.isEmpty { try change.validate(.resume) }
  }

  func run() throws {
    let daemon = try QueueDaemon(config)
    guard numbers.isEmpty else {
      return try QueueReplayNumbers.change(numbers, daemon, .replayResume)
    }
    try change.run(daemon, .resume) { "Resume \($0)?" }
  }
}

struct QueueReplayNumbers: ParsableArguments {
  @Argument(
    help: ArgumentHelp("Replays, as queue replays shows them.", valueName: "replay"),
    completion: .custom { words, _, _ in Completions.replays(words) })
  var numbers: [Int64]

  func change(_ daemon: QueueDaemon, _ verb: QueueRequest.Verb) throws {
    try Self.change(numbers, daemon, verb)
  }

  static func change(_ numbers: [Int64], _ daemon: QueueDaemon, _ verb: QueueRequest.Verb) throws {
    var refused: ExitCode?
    for number in numbers {
      var request = QueueRequest(verb)
      request.replay = number
      let answer = try daemon.askWhatever(request)
      // The others are meant, too.
      if !answer.ok { refused = daemon.fail(answer) }
      for replay in answer.replays { print(QueueText.progress(replay)) }
    }
    if let refused { throw refused }
  }
}
