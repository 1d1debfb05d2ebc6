/// Keeps verified deliveries until the apps have them. Implemented by Queue, one for each loop.
public protocol Keeper: AnyObject {
  /// Why a delivery with so many bytes of body would not be kept now; nil where it would be. Asked before the body is
  /// read.
  func refusal(bodyBytes: Int) -> KeepRefusal?

  /// Keeps it, and calls back on this loop once that is durable, or refused.
  func keep(_ delivery: DeliveryToKeep, then answer: @escaping (KeepOutcome) -> Void)
}
