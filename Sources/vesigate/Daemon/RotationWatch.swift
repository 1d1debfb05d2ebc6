internal import Configuration
internal import Gateway
internal import ServiceLifecycle
internal import Signing

/// While a rotation is under way its files are looked at every second, also when no delivery asks for it: so
/// its end is known, and one that does not end is said.
struct RotationWatch: Service {
  let store: ConfigurationStore
  let watcher: SecretWatcher

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try await Task.sleep(for: .seconds(1))
        for set in store.loaded.snapshot.secrets where set.rotation != nil {
          watcher.look(at: set.path) { _ in }
        }
      }
    }
  }
}
