internal import Glibc
internal import NIOCore

/// Waiting on a thread that has nothing else to do.
enum FileThread {
  static func sleep(until deadline: NIODeadline) {
    let left = deadline - .now()
    guard left.nanoseconds > 0 else { return }
    usleep(left)
  }

  static func sleep(_ amount: TimeAmount) { usleep(amount) }

  private static func usleep(_ amount: TimeAmount) {
    var left = timespec(
      tv_sec: Int(amount.nanoseconds / 1_000_000_000), tv_nsec: Int(amount.nanoseconds % 1_000_000_000))
    var rest = timespec()
    while nanosleep(&left, &rest) != 0 { left = rest }
  }
}
