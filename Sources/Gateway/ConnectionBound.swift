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
