/// Keeps for a while what was not verified and may be genuine all the same. Implemented by Queue, one for each loop.
public protocol Quarantine: AnyObject {
  /// Whether one more of the route's is wanted now. To be asked before anything of it is copied.
  func admits(_ route: Route) -> Bool

  /// Keeps it behind all else, or leaves it out: nobody waits for it, and nobody is told.
  func quarantine(_ delivery: DeliveryToQuarantine)
}
