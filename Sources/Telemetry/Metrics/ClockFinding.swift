/// What the ages of verified deliveries say about the clocks.
public struct ClockFinding: Sendable, Equatable {
  /// One route's estimate. Routes with the same secret file have the same sender.
  public struct Estimate: Sendable {
    public var route: String
    public var secretFile: String
    /// The median age; below zero the sender's clock is ahead of ours.
    public var skewSeconds: Int
    public var toleranceSeconds: Int?

    public init(route: String, secretFile: String, skewSeconds: Int, toleranceSeconds: Int?) {
      self.route = route
      self.secretFile = secretFile
      self.skewSeconds = skewSeconds
      self.toleranceSeconds = toleranceSeconds
    }

    /// Beyond half the tolerance it is time to act: beyond all of it deliveries are refused.
    var isAlarming: Bool {
      toleranceSeconds.map { abs(skewSeconds) * 2 > $0 } ?? false
    }
  }

  public let route: String
  public let skewSeconds: Int
  /// Whether the tolerance will be breached if it goes on so.
  public let isAlarming: Bool
  /// For people: how far, and whose clock it seems to be.
  public let sentence: String

  /// Within this clocks count as equal: timestamps are whole seconds, and deliveries are under way.
  private static let secondsEqual = 5

  public static func all(_ estimates: [Estimate], isHostSynchronised: Bool?) -> [ClockFinding] {
    estimates.map { estimate in
      let others = estimates.filter { $0.secretFile != estimate.secretFile }
      return ClockFinding(
        route: estimate.route, skewSeconds: estimate.skewSeconds, isAlarming: estimate.isAlarming,
        sentence: sentence(estimate, others, isHostSynchronised))
    }
  }

  private static func sentence(
    _ estimate: Estimate, _ others: [Estimate], _ isHostSynchronised: Bool?
  ) -> String {
    let skew = estimate.skewSeconds
    guard abs(skew) > secondsEqual else { return "in step" }
    let far =
      skew > 0 ? "deliveries arrive \(skew) s after they were signed" : "signed \(-skew) s in our future"
    return far + "; " + suspect(estimate, others, isHostSynchronised)
  }

  /// What other senders show weighs more than what the kernel believes.
  private static func suspect(
    _ estimate: Estimate, _ others: [Estimate], _ isHostSynchronised: Bool?
  ) -> String {
    let skew = estimate.skewSeconds
    // Late deliveries look like a slow clock, early ones like nothing else.
    let sender = skew > 0 ? "the sender's clock, or its deliveries are late" : "the sender's clock"
    if others.contains(where: { abs($0.skewSeconds - skew) <= max(secondsEqual, abs(skew) / 5) }) {
      return "it seems to be this host's clock: other senders show the same"
    }
    if others.contains(where: { abs($0.skewSeconds) <= secondsEqual }) {
      return "it seems to be \(sender): other senders agree with this host"
    }
    switch isHostSynchronised {
    case true?: return "it seems to be \(sender): this host's is synchronised"
    case false?: return "it may be this host's clock: nothing synchronises it"
    case nil: return "whose clock it is cannot be told from here"
    }
  }
}
