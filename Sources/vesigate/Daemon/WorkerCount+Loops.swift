internal import CLinux
internal import Configuration
internal import NIOCore

extension WorkerCount {
  /// How many event loops there are.
  var loops: Int {
    switch self {
    case .auto: Self.automaticLoops
    case .count(let count): count
    }
  }

  /// One for each processor that this process may use: NIO looks at the control group's quota and set, the
  /// kernel knows what `taskset` or the unit's CPUAffinity= left of them.
  private static var automaticLoops: Int {
    let allowed = Int(vg_processors_allowed())
    return allowed > 0 ? min(NIOCore.System.coreCount, allowed) : NIOCore.System.coreCount
  }
}
