internal import ServiceLifecycle

/// Calls `reload` for every signal of a sequence, one call at a time.
///
/// Signals that come while a reload runs are answered together by one more that begins after it: whatever
/// was changed before a signal is read by a reload that began after it.
struct ReloadService<Signals: AsyncSequence & Sendable>: Service
where Signals.Element: Sendable, Signals.Failure == Never {
  private let signals: Signals
  private let reload: @Sendable () async -> Void

  /// - Parameter signals: a `UnixSignalsSequence` of SIGHUP, made before the configuration is first read.
  init(on signals: Signals, reload: @escaping @Sendable () async -> Void) {
    self.signals = signals
    self.reload = reload
  }

  /// Ends on graceful shutdown, after a reload that is under way.
  func run() async {
    let (requests, request) = AsyncStream.makeStream(
      of: Void.self, bufferingPolicy: .bufferingNewest(1))
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [signals] in
        for await _ in signals.cancelOnGracefulShutdown() { request.yield() }
        request.finish()
      }
      for await _ in requests { await reload() }
    }
  }
}
