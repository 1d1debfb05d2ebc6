public import Signing

/// Everything that judging and forwarding a delivery depends on, checked as a whole and never changed: a
/// reload makes a new one or leaves this one in force.
public final class Snapshot: Sendable {
  public let routes: RouteTable
  public let limits: Limits
  public let trustedProxies: TrustedProxies
  /// One for each secret file; routes refer to them by index.
  public let secrets: [SecretSet]
  /// Counts up with every reload that was taken.
  public let generation: Int

  public init(
    routes: RouteTable, limits: Limits, trustedProxies: TrustedProxies, secrets: [SecretSet],
    generation: Int = 1
  ) {
    self.routes = routes
    self.limits = limits
    self.trustedProxies = trustedProxies
    self.secrets = secrets
    self.generation = generation
  }

  /// The same settings with one file's secrets replaced.
  public func replacing(_ set: SecretSet, at index: Int) -> Snapshot {
    var secrets = secrets
    secrets[index] = set
    return Snapshot(
      routes: routes, limits: limits, trustedProxies: trustedProxies, secrets: secrets,
      generation: generation + 1)
  }
}
