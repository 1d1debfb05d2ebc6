import Gateway

/// A store in memory that answers when the test says so.
final class FakeKeeper: Keeper {
  /// Why nothing is taken.
  var refuses: KeepRefusal?
  private(set) var kept: [DeliveryToKeep] = []
  private(set) var askedBytes: [Int] = []
  private var waiting: [(KeepOutcome) -> Void] = []

  func refusal(bodyBytes: Int) -> KeepRefusal? {
    askedBytes.append(bodyBytes)
    return refuses
  }

  func keep(_ delivery: DeliveryToKeep, then answer: @escaping (KeepOutcome) -> Void) {
    kept.append(delivery)
    waiting.append(answer)
  }

  /// Says to the first that waits what became of it.
  func answer(_ outcome: KeepOutcome) { waiting.removeFirst()(outcome) }
}
