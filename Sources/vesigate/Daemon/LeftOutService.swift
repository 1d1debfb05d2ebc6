internal import ServiceLifecycle
internal import Telemetry

/// Has the log say how many refusals it left out, soon after each minute in which it did.
struct LeftOutService: Service {
  let log: DeliveryLog

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try await Task.sleep(for: .seconds(1))
        log.tellLeftOut()
      }
    }
  }
}
