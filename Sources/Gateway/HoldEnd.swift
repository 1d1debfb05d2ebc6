/// Why a delivery that fails during a rotation is not held, or no longer.
public enum HoldEnd: String, Error, Sendable, CaseIterable {
  // Bounds of holding, by their settings' names.
  case deliveries = "hold-deliveries-max"
  case bytes = "hold-bytes-max"
  case seconds = "hold-seconds-max"
  /// Begun longer ago than deliveries are held for.
  case unfinished = "rotation-unfinished"
  /// People take longer than senders wait.
  case byHand = "rotation-by-hand"
  /// It ended, and the delivery came while nobody could tell.
  case over = "rotation-over"
}
