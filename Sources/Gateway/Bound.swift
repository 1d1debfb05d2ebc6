/// A bound of what is held at once. Its raw value, the `reason` in log and metrics, is its setting's name.
public enum AdmissionBound: String, Sendable, CaseIterable {
  case connections = "connections-max"
  case inFlight = "in-flight-max"
  case inFlightBytes = "in-flight-bytes-max"
}

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

/// A bound at which a sender's connection ends without a delivery that could tell of it.
public enum ConnectionBound: String, Sendable, CaseIterable {
  // By their settings' names.
  case idle = "idle-seconds-max"
  case reply = "reply-seconds-max"
  case drain = "drain-seconds-max"
  // After an answer that ends the connection: what is still read of a sender that goes on sending.
  case lingeringSeconds = "lingering-seconds"
  case lingeringBytes = "lingering-bytes"
}
