internal import ArgumentParser
internal import Operations
internal import Queue

struct QueueCancelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "Call off stored deliveries that wait.",
    usage: "vesigate queue cancel [<options>] [<id> ...]",
    discussion: """
      Those named, or all of a filter. What is being sent at the moment is not called off.

      Examples:
        vesigate queue cancel --route /webhooks/vesicash --dry-run
        vesigate queue cancel 0198f1c2-7a40-7f6e-8c55-2f1d3c4b5a69
      """)

  @OptionGroup var config: ConfigOption
  @OptionGroup var change: QueueChangeOptions

  func validate() throws { try change.validate(.cancel) }

  func run() throws { try change.run(QueueDaemon(config), .cancel) { "Call off \($0)?" } }
}

struct QueueRetryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retry",
    abstract: "Try now what waits for its next attempt: the app is back.",
    usage: "vesigate queue retry [<options>] [<id> ...]",
    discussion: """
      Those named, or all of a filter. A pause of their route, or upstream, ends: one attempt shows whether the app \
      takes it, and the others follow; where it does not, they wait on. It takes nothing off the time that they have.

      Examples:
        vesigate queue retry --all
        vesigate queue retry --route /webhooks/vesicash
      """)

  @OptionGroup var config: ConfigOption
  @OptionGroup var change: QueueChangeOptions

  func validate() throws { try change.validate(.retry) }

  func run() throws { try change.run(QueueDaemon(config), .retry) { "Try \($0) now?" } }
}

struct QueuePurgeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "purge",
    abstract: "Delete stored deliveries that have ended.",
    usage: "vesigate queue purge [<options>] [<id> ...]",
    discussion: """
      Those named, or all of a filter, which has to say --state dead, delivered or cancelled. What is dead takes \
      room until then: the app never had it.

      Examples:
        vesigate queue purge --state delivered --until 7d
        vesigate queue purge --state dead --reason status --dry-run
      """)

  @OptionGroup var config: ConfigOption
  @OptionGroup var change: QueueChangeOptions

  func validate() throws {
    try change.validate(.purge)
    guard !change.choice.ids.isEmpty || change.choice.filter.state != nil else {
      throw ValidationError("say which have ended: --state dead, delivered or cancelled")
    }
  }

  func run() throws { try change.run(QueueDaemon(config), .purge) { "Delete \($0)?" } }
}

/// Which deliveries are meant: by their names, or by a filter.
struct QueueChoice: ParsableArguments {
  @Argument(
    help: ArgumentHelp("Deliveries, as the log and X-Delivery-Id say.", valueName: "id"),
    completion: .custom { words, _, _ in Completions.deliveries(words) })
  var ids: [String] = []

  @OptionGroup var filter: QueueFilterOptions

  @Flag(help: "All that the filter lets through.")
  var all = false

  func validate() throws { try Self.validate(ids, all: all, isFiltered: !filter.isEmpty) }

  static func validate(_ ids: [String], all: Bool, isFiltered: Bool) throws {
    if ids.isEmpty, !all, !isFiltered {
      throw ValidationError("say which: ids, a filter such as --route, or --all")
    }
    if !ids.isEmpty, all || isFiltered { throw ValidationError("ids and a filter exclude each other") }
  }

  /// - Parameter standardState: of a filter that names none.
  func requests(_ verb: QueueRequest.Verb, standardState: String? = nil) -> [QueueRequest] {
    guard ids.isEmpty else {
      return ids.map { id in
        var request = QueueRequest(verb)
        request.id = id
        return request
      }
    }
    var request = filter.request(verb)
    request.state = request.state ?? standardState
    return [request]
  }
}

/// What is to be changed, and how it is asked for.
struct QueueChangeOptions: ParsableArguments {
  @OptionGroup var choice: QueueChoice

  @Flag(help: "Only say how many.")
  var dryRun = false

  @Flag(help: "Do not ask.")
  var yes = false

  /// What can never happen is wrong usage.
  func validate(_ change: QueueChange) throws {
    try QueueFilterOptions.validate(ids: choice.ids)
    let state = choice.filter.state.flatMap { JobState(named: $0) }
    guard state.map(change.canHappen) ?? true else { throw ValidationError(change.only) }
  }

  func run(_ daemon: QueueDaemon, _ change: QueueChange, question: (_ deliveries: String) -> String) throws {
    guard let meant = try agreed(daemon, change, question) else { return }
    var changed = 0
    for request in meant.requests { changed += try self.change(request, daemon) }
    // Between the count and the change it went on.
    let left = meant.count - changed
    print("\(changed) \(change.done)" + (left > 0 ? ", \(left) could not be any more" : ""))
    if changed == 0 { throw ExitStatus.refused }
  }

  /// What is meant, once somebody has said yes; nil where that was all that was asked.
  func agreed(
    _ daemon: QueueDaemon, _ change: QueueChange, as verb: QueueRequest.Verb? = nil,
    _ question: (_ deliveries: String) -> String
  ) throws -> QueueMeant? {
    let meant: QueueMeant
    if choice.ids.isEmpty {
      let filter = choice.requests(verb ?? change.verb, standardState: change.standardState.name)
      meant = try QueueMeant(filter[0], change, daemon)
    } else {
      meant = try QueueMeant(choice.ids, change, daemon)
    }
    if dryRun {
      Agreement.sayWhatIsMeant(meant.count)
      return nil
    }
    if !yes { try Agreement.ask(question(meant.words)) }
    return meant
  }

  /// A page at a time, so that accepting goes on.
  private func change(_ request: QueueRequest, _ daemon: QueueDaemon) throws -> Int {
    var request = request
    request.limit = QueueRequest.pageMax
    var changed = 0
    repeat {
      let answer = try daemon.ask(request)
      changed += answer.count
      try daemon.turn(&request, to: answer)
      if answer.before != nil { complain("\(changed) so far") }
    } while request.before != nil
    return changed
  }
}
