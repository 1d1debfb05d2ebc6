internal import ArgumentParser
internal import Configuration
internal import Gateway
internal import Glibc
internal import Operations
internal import Queue

struct QueueSalvageCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "salvage",
    abstract: "Write to files what can still be read, and proven, of a damaged store.",
    usage: "vesigate queue salvage [<options>] --dir <folder>",
    discussion: """
      It reads the store's file itself, and changes nothing in it: while no daemon runs, or beside one. Where \
      the store is whole, queue export does the same. Files are as those of queue export; only what its seal \
      proves is written. What was delivered or called off is left out, unless --all stands there, and in any case \
      what lies in quarantine. For root and the daemon's own user.

      Examples:
        vesigate queue salvage --dir ./saved
        vesigate queue salvage --dir saved --store queue.db --seal-key-file seal.key
      """)

  @OptionGroup var config: ConfigOption

  @Option(help: ArgumentHelp("The folder to make.", valueName: "folder"), completion: .directory)
  var dir: String

  @Option(
    help: ArgumentHelp("The store, where it is not the configuration's.", valueName: "file"),
    completion: .file())
  var store: String?

  @Option(help: ArgumentHelp("The seal's keys, likewise.", valueName: "file"), completion: .file())
  var sealKeyFile: String?

  @Flag(help: "What was delivered or called off, too.")
  var all = false

  func run() throws {
    try DeliveryFolder.check(dir)
    let files = try files()
    try check(files.sqlite)
    try check(files.sealKey)
    let salvage: Salvage
    do throws(StoreFault) {
      salvage = try Salvage(sqlite: files.sqlite, sealKeyFile: files.sealKey)
    } catch {
      complain("vesigate: \(files.sqlite): \(error.sentence)")
      throw ExitStatus.input
    }
    let folder = try DeliveryFolder(making: dir)
    var (written, ended) = (0, 0)
    try salvage.run { found in
      guard all || found.isOpen else { return ended += 1 }
      try write(found, to: folder)
      written += 1
      if written.isMultiple(of: Self.progressEach) { complain("\(written) so far") }
    }
    try folder.finish()
    tell(salvage.counts, ended)
    print("\(written) salvaged to \(dir)")
    if salvage.counts.damaged + salvage.counts.unsealed > 0 { throw ExitStatus.refused }
  }

  private static let progressEach = 500

  private func check(_ path: String) throws {
    guard access(path, R_OK) != 0, errno == EACCES || errno == EPERM else { return }
    complain("vesigate: \(path): permission denied; run this as root or as the service's user")
    throw ExitStatus.permission
  }

  private func files() throws -> (sqlite: String, sealKey: String) {
    if let store, let sealKeyFile { return (store, sealKeyFile) }
    do throws(Problems) {
      let settings = try ConfigurationFile.load(config.path, environment: ProcessEnvironment.read())
        .configuration.store
      return (store ?? settings.sqlite, sealKeyFile ?? settings.sealKeyFile)
    } catch {
      complain("vesigate: \(config.path) cannot be used: name the files with --store and --seal-key-file")
      throw ExitStatus.configuration
    }
  }

  private func write(_ found: Salvage.Found, to folder: DeliveryFolder) throws {
    let delivery = found.delivery
    // The head is another program's only where the key is another's, too.
    let request = try StoredRequest(delivery).saved(target: delivery.facts.target)
    try folder.write(.init(delivery), request: request, jobs: found.jobs.map { QueueAnswer.Job($0) })
  }

  private func tell(_ counts: Salvage.Counts, _ ended: Int) {
    if ended > 0 { complain("\(ended) left out: delivered, or called off (--all)") }
    if counts.withoutBody > 0 { complain("\(counts.withoutBody) left out: their bodies are gone") }
    if counts.unsealed > 0 { complain("\(counts.unsealed) left out: they are not what was stored") }
    if counts.damaged > 0 {
      complain("up to \(counts.damaged) deliveries cannot be read: there the file is damaged")
    }
  }
}
