internal import Gateway
internal import Glibc
internal import NIOCore

/// The program's clocks, read in one place.
enum Clocks {
  static func now() -> Moment {
    var wall = timespec()
    clock_gettime(CLOCK_REALTIME, &wall)
    return Moment(
      unixMilliseconds: Int64(wall.tv_sec) * 1000 + Int64(wall.tv_nsec) / 1_000_000,
      // The same clock as the event loops' deadlines.
      uptimeNanoseconds: UInt64(max(NIODeadline.now().uptimeNanoseconds, 0)))
  }
}
