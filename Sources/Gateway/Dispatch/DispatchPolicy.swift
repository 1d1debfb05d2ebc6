/// How many upstreams get a delivery, and whose answer the sender gets.
public enum DispatchPolicy: String, Sendable, CaseIterable {
  /// The first that can be reached; the next is tried only where nothing was sent.
  case first
  /// Every one; all 2xx or the first failing one's answer.
  case all
}
