/// Why a delivery is not kept now. Its raw value is the `reason` in log and metrics.
public enum KeepRefusal: String, Sendable, CaseIterable {
  /// As much waits for the apps as is allowed.
  case full = "store-full"
  /// The file system has less room than is to be left.
  case diskLow = "disk-low"
  /// The disk took too long.
  case late = "commit-late"
  /// The store has failed, and is opened again as soon as it can be.
  case unusable = "store-unusable"
  /// The process is ending.
  case closing
}
