internal import Formats
internal import Glibc
internal import NIOCore

/// The program's clocks, read in one place.
enum Clocks {
  static func now() -> Moment {
    var wall = timespec()
    clock_gettime(CLOCK_REALTIME, &wall)
    return Moment(
      unixMilliseconds: UnixTime.milliseconds(seconds: wall.tv_sec, nanoseconds: wall.tv_nsec),
      // The same clock as the event loops' deadlines.
      uptimeNanoseconds: UInt64(max(NIODeadline.now().uptimeNanoseconds, 0)))
  }
}
