internal import ArgumentParser
internal import Formats
internal import Operations

struct QueueExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write stored deliveries to files, with their bodies.",
    usage: "vesigate queue export [<options>] --dir <folder> [<id> ...]",
    discussion: """
      Into a new folder that is yours alone. Of each delivery ID.http is the request, as vesigate verify and \
      diagnose take it, and ID.json what is known of it: an object for the delivery, then one for each job \
      as queue show --json has it. Nothing is changed in the store. For root and the daemon's own user. What \
      has no body any more, or is not what was stored, is left out and counted.

      Examples:
        vesigate queue export --dir ./dead --state dead
        vesigate queue export --dir ./one 0198f1c2-7a40-7f6e-8c55-2f1d3c4b5a69
      """)

  @OptionGroup var config: ConfigOption
  @OptionGroup var choice: QueueChoice

  @Option(help: ArgumentHelp("The folder to make.", valueName: "folder"), completion: .directory)
  var dir: String

  @Flag(help: "Only say how many.")
  var dryRun = false

  func validate() throws { try QueueFilterOptions.validate(ids: choice.ids) }

  func run() throws {
    try DeliveryFolder.check(dir)
    let daemon = try QueueDaemon(config)
    var export = Export(daemon: daemon, path: dir)
    for request in choice.requests(.list) {
      if dryRun { try export.count(request) } else { try export.run(request) }
    }
    try dryRun ? export.tellCount() : export.end()
  }
}

/// A page of deliveries after the other.
private struct Export {
  let daemon: QueueDaemon
  let path: String
  private var folder: DeliveryFolder?
  private var seen: Set<String> = []
  private var written = 0
  private var bodiless = 0
  private var unsealed = 0
  private var meant = 0

  init(daemon: QueueDaemon, path: String) {
    self.daemon = daemon
    self.path = path
  }

  private static let progressEach = 500

  mutating func count(_ request: QueueRequest) throws {
    var counting = request
    counting.verb = QueueRequest.Verb.count.rawValue
    meant += try daemon.ask(counting).count
  }

  func tellCount() throws { print("\(meant) \(meant == 1 ? "is" : "are") meant; nothing was written") }

  mutating func run(_ request: QueueRequest) throws {
    var request = request
    request.limit = QueueRequest.pageMax
    repeat {
      let answer = try daemon.ask(request)
      // With all upstreams a delivery has several jobs.
      for job in answer.jobs where seen.insert(job.id).inserted { try export(job.id) }
      try daemon.turn(&request, to: answer)
    } while request.before != nil
  }

  private mutating func export(_ id: String) throws {
    var refusal: QueueAnswer?
    let whole = try daemon.whole(.export, id) { refusal = $0 }
    switch refusal?.refusal {
    case .absent: bodiless += 1
    case .unsealed: unsealed += 1
    case .permission, nil: if let refusal { throw daemon.fail(refusal) }
    }
    guard let whole else { return }
    var request = QueueRequest(.show)
    request.id = id
    let jobs = try daemon.ask(request).jobs
    let folder = try self.folder ?? DeliveryFolder(making: path)
    self.folder = folder
    try folder.write(whole.stored, request: whole.bytes, jobs: jobs)
    written += 1
    if written.isMultiple(of: Self.progressEach) { complain("\(written) so far") }
  }

  func end() throws {
    if bodiless > 0 { complain("\(bodiless) left out: their bodies are gone") }
    if unsealed > 0 { complain("\(unsealed) left out: they are not what was stored") }
    guard let folder else {
      complain("no stored delivery matches, or none that does can be exported")
      throw ExitStatus.refused
    }
    try folder.finish()
    print("\(written) exported to \(folder.path)")
    if unsealed > 0 { throw ExitStatus.refused }
  }
}
