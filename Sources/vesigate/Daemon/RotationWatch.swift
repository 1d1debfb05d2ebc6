internal import Configuration
internal import Gateway
internal import ServiceLifecycle
internal import Signing

/// While a rotation is under way its files are looked at every second, also when no delivery asks for it: so
/// its end is known, and one that does not end is said.
struct RotationWatch: Service {
  let keeper: Keeper
  let looks: LookDesk

  func run() async throws {
    try? await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try await Task.sleep(for: .seconds(1))
        for set in keeper.loaded.snapshot.secrets where set.rotation != nil {
          looks.look(at: set.path) { _ in }
        }
      }
    }
  }
}
