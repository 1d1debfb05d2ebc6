internal import Logging
internal import ServiceLifecycle

/// Sends the manager a sign of life twice in each interval of `WatchdogSec=`, as long as `isAlive` says so.
/// A gateway that hangs stops sending and is restarted. Without WATCHDOG_USEC it only waits for the end.
struct WatchdogService: Service {
  private let interval: Duration?
  private let notifier: SystemdNotifier
  private let logger: Logger
  private let isAlive: @Sendable () async -> Bool

  /// - Parameter isAlive: nothing is sent while it has not answered. It must end when its task is cancelled,
  ///   or the shutdown waits for it.
  init(
    environment: [String: String], pid: Int32, notifier: SystemdNotifier, logger: Logger,
    isAlive: @escaping @Sendable () async -> Bool
  ) {
    interval = WatchdogService.interval(environment: environment, pid: pid)
    self.notifier = notifier
    self.logger = logger
    self.isAlive = isAlive
  }

  private static let intervalMicrosecondsMax: Int64 = 86_400_000_000

  /// The interval that sd_watchdog_enabled(3) would give; nil when no watchdog waits for this process.
  static func interval(environment: [String: String], pid: Int32) -> Duration? {
    guard let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text), microseconds > 0
    else { return nil }
    if let meant = environment["WATCHDOG_PID"], meant != String(pid) { return nil }
    // A sign of life too many does no harm, and half an eternity from now is no instant that can be waited for.
    return .microseconds(min(microseconds, intervalMicrosecondsMax))
  }

  func run() async throws {
    guard let interval, notifier.isActive else { return try await gracefulShutdown() }
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        await notify()
        try? await Task.sleep(for: interval / 2)
      }
    }
  }

  private func notify() async {
    guard await isAlive() else {
      return logger.error("the gateway does not answer its own watchdog; the manager will restart it")
    }
    if !notifier.watchdog() {
      logger.warning("the manager's socket does not take the watchdog's sign of life")
    }
  }
}
