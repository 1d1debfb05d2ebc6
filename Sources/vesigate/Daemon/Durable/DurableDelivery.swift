internal import Configuration
internal import Formats
internal import Gateway
internal import Logging
internal import POSIX
internal import Queue
internal import Synchronization

/// The store of durable routes and what sends from it: opened once a route asks for it, and kept to the end.
final class DurableDelivery: Sendable {
  private struct Opened {
    let store: Store
    let path: String
    let dispatcher: Dispatcher
    let replays: ReplayDriver
  }

  private let opened = Mutex<Opened?>(nil)
  /// Why it is not open though a route asks for it.
  private let unopened = Mutex<StoreFault?>(nil)
  /// Of all routes' policies, for the store.
  private let longestDelayMilliseconds = Atomic<Int64>(0)
  /// How long each route's quarantine keeps what nothing verifies.
  private let quarantineHours = Mutex<[String: Int]>([:])
  private let workers: Workers
  let logger: Logger

  init(workers: Workers, logger: Logger) {
    self.workers = workers
    self.logger = logger
  }

  /// Connections of attempts, and the store's files.
  static func descriptorsMax(_ configuration: Configuration) -> Int {
    guard configuration.routes.contains(where: { $0.durable != nil }) else { return 0 }
    return configuration.store.attemptsMax + filesMax
  }

  /// The file, its log and index, and the lock, and what watches three of them; the folder while it is synchronised,
  /// and what a deleted file is written into.
  private static let filesMax = 12

  /// What operators ask about it.
  var questions: QueueQuestions { QueueQuestions(durable: self, logger: logger) }

  /// By the configuration in force.
  var quarantinedRoutes: [String] { quarantineHours.withLock { Array($0.keys) } }
  /// What judges the quarantine.
  var releaser: QuarantineReleaser {
    QuarantineReleaser(durable: self, workers: workers, logger: logger)
  }

  /// Why durable routes are not served; nil where they are, or there is none.
  var fault: StoreFault? { store?.status.fault ?? unopened.withLock { $0 } }
  var store: Store? { opened.withLock { $0?.store } }
  /// Of the file.
  var path: String? { opened.withLock { $0?.path } }
  var dispatcher: Dispatcher? { opened.withLock { $0?.dispatcher } }
  var replays: ReplayDriver? { opened.withLock { $0?.replays } }

  // MARK: Start and reload

  /// A store that has failed keeps a start from serving durable routes, and no others: it is tried again.
  ///
  /// - Throws: what the start is refused for.
  func start(_ loaded: Loaded) throws(StoreFault) { try prepare(loaded) { $0.leavesOthersServed } }

  /// A route that has become durable may be the first. `adopt` follows.
  ///
  /// - Throws: what the reload is refused for. What had failed before is nothing that it changes.
  func reload(_ loaded: Loaded) throws(StoreFault) {
    let hadFailed = unopened.withLock { $0 != nil }
    try prepare(loaded) { _ in hadFailed }
  }

  /// Opens a store that could not be opened at the start, if it can be by now.
  ///
  /// - Parameter loaded: what is in force on the loops.
  func tryAgain(_ loaded: Loaded) {
    try? prepare(loaded) { _ in true }
    adopt(loaded.snapshot.routes)
  }

  /// - Parameter goesOnWithout: whether the gateway does, for now.
  /// - Throws: why the store cannot be had, otherwise.
  private func prepare(
    _ loaded: Loaded, goesOnWithout: (StoreFault) -> Bool
  ) throws(StoreFault) {
    do throws(StoreFault) {
      try open(loaded)
      unopened.withLock { $0 = nil }
    } catch {
      guard goesOnWithout(error) else { throw error }
      unopened.withLock { $0 = error }
    }
  }

  /// Opens the store where a route is durable and it is not open. It blocks, and is not to be called on a loop.
  ///
  /// - Throws: why it cannot be had.
  private func open(_ loaded: Loaded) throws(StoreFault) {
    let routes = loaded.snapshot.routes.all
    note(routes)
    guard routes.contains(where: \.isDurable), store == nil else { return }
    let settings = loaded.configuration.store
    var stored = settings.settings { [self] in longestDelayMilliseconds.load(ordering: .relaxed) }
    stored.quarantineHours = { [self] route in
      quarantineHours.withLock { $0[route] } ?? DurableSettings.Quarantine.hoursUnlessSaid
    }
    try StoreFiles.judgePlace(settings)
    let store = try Store(stored)
    let dispatcher = Dispatcher(store: store, attemptsMax: settings.attemptsMax, now: Clocks.now)
    workers.keep(by: dispatcher)
    let replays = ReplayDriver(dispatcher: dispatcher, now: Clocks.now)
    opened.withLock {
      $0 = Opened(store: store, path: settings.sqlite, dispatcher: dispatcher, replays: replays)
    }
    let counters = store.status.counters
    logger.notice(
      "store opened",
      metadata: [
        "file": "\(settings.sqlite)", "undelivered": "\(counters.heldDeliveries)",
        "undelivered_bytes": "\(counters.heldBytes)",
      ])
  }

  private func note(_ routes: [Route]) {
    let delays = routes.compactMap(\.durable).map { RetryPolicy($0).longestDelayMilliseconds }
    longestDelayMilliseconds.store(
      delays.max() ?? RetryPolicy().longestDelayMilliseconds, ordering: .relaxed)
    quarantineHours.withLock { hours in
      hours = routes.reduce(into: [:]) { $0[$1.name] = $1.durable?.quarantine?.hours }
    }
  }

  /// The loops have these routes by now.
  func adopt(_ routes: RouteTable) { dispatcher?.adopt(routes) }

  // MARK: The end

  func beginDraining() { dispatcher?.beginDraining() }

  /// Waits for what is under way until then, and gives back the rest.
  func drain(until end: ContinuousClock.Instant) async {
    guard let dispatcher else { return }
    while dispatcher.underWay > 0, ContinuousClock.now < end {
      try? await Task.sleep(for: .milliseconds(10))
    }
    dispatcher.giveBack()
    // Behind it: what they wrote down waits for the store by now.
    _ = await workers.turns()
  }

  /// Does what waits, and says goodbye to the file.
  func close() { store?.close() }
}

extension StoreConfiguration {
  fileprivate func settings(_ longestDelay: @escaping @Sendable () -> Int64) -> StoreSettings {
    var settings = StoreSettings(sqlite: sqlite, sealKeyFile: sealKeyFile, clock: Clocks.now)
    settings.bytesMax = Int64(bytesMax)
    settings.deliveriesMax = deliveriesMax
    settings.diskFreeBytesMin = Int64(diskFreeBytesMin)
    settings.commitSecondsMax = Double(commitSecondsMax)
    settings.dedupeKeysMax = dedupeKeysMax
    settings.deliveredBodyHours = deliveredBodyHours
    settings.deliveredHours = deliveredHours
    settings.deadHours = deadHours
    settings.longestDelayMilliseconds = longestDelay
    return settings
  }
}
