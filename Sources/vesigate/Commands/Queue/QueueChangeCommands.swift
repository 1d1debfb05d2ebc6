internal import ArgumentParser
internal import Operations

struct QueueCancelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cancel",
    abstract: "Call off stored deliveries that wait.",
    discussion: "Those named, or all of a filter. What is being sent at the moment is not called off.")

  @OptionGroup var config: ConfigOption
  @OptionGroup var change: QueueChangeOptions

  func validate() throws { try QueueFilterOptions.validate(ids: change.choice.ids) }

  func run() throws {
    try change.run(
      QueueDaemon(config), .cancel, standardState: "queued", done: "called off"
    ) { "Call off \($0)?" }
  }
}

struct QueuePurgeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "purge",
    abstract: "Delete stored deliveries that have ended.",
    discussion: """
      Those named, or all of a filter, which has to say --state dead, delivered or cancelled. What is dead takes \
      room until then: the app never had it.
      """)

  @OptionGroup var config: ConfigOption
  @OptionGroup var change: QueueChangeOptions

  func validate() throws {
    try QueueFilterOptions.validate(ids: change.choice.ids)
    guard
      !change.choice.ids.isEmpty || change.choice.filter.state.map(QueueChoice.endedStates.contains) == true
    else {
      throw ValidationError("say which have ended: --state dead, delivered or cancelled")
    }
  }

  func run() throws {
    try change.run(
      QueueDaemon(config), .purge, standardState: "dead", done: "deleted"
    ) { "Delete \($0)?" }
  }
}

/// Which deliveries are meant: by their names, or by a filter.
struct QueueChoice: ParsableArguments {
  @Argument(help: ArgumentHelp("Deliveries, as the log and X-Delivery-Id say.", valueName: "id"))
  var ids: [String] = []

  @OptionGroup var filter: QueueFilterOptions

  @Flag(help: "All that the filter lets through.")
  var all = false

  func validate() throws {
    if ids.isEmpty, !all, filter.isEmpty {
      throw ValidationError("say which: ids, a filter such as --route, or --all")
    }
    if !ids.isEmpty, all || !filter.isEmpty { throw ValidationError("ids and a filter exclude each other") }
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

  func run(
    _ daemon: QueueDaemon, _ verb: QueueRequest.Verb, standardState: String, done: String,
    question: (_ count: Int) -> String
  ) throws {
    let requests = choice.requests(verb, standardState: standardState)
    guard let count = try agreed(requests, daemon, question) else { return }
    var changed = 0
    for request in requests { changed += try change(request, daemon) }
    print("\(changed) \(done)" + (changed < count ? ", \(count - changed) could not be" : ""))
    if changed == 0 { throw ExitStatus.refused }
  }

  /// How many are meant, once somebody has said yes; nil where that was all that was asked.
  func agreed(
    _ requests: [QueueRequest], _ daemon: QueueDaemon, _ question: (_ count: Int) -> String
  ) throws -> Int? {
    var count = 0
    for request in requests {
      var counting = request
      counting.verb = QueueRequest.Verb.count.rawValue
      count += try daemon.ask(counting).count
    }
    guard count > 0 else {
      complain("vesigate: nothing in the store is meant by that")
      throw ExitStatus.refused
    }
    if dryRun {
      print("\(count) \(count == 1 ? "is" : "are") meant; nothing was done")
      return nil
    }
    guard yes || SecretEntry.confirm(question(count)) else { throw ExitStatus.refused }
    return count
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
