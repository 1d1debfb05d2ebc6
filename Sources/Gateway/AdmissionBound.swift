/// A bound of what is held at once. Its raw value, the `reason` in log and metrics, is its setting's name.
public enum AdmissionBound: String, Sendable, CaseIterable {
  case connections = "connections-max"
  case inFlight = "in-flight-max"
  case inFlightBytes = "in-flight-bytes-max"
}
