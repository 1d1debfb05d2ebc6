public import Formats
internal import Glibc

/// The system's clocks, read in one place.
public enum Clocks {
  public static func now() -> Moment {
    Moment(unixMilliseconds: unixMilliseconds(), uptimeNanoseconds: uptimeNanoseconds())
  }

  /// The wall clock, within the years that have a date (see `UnixTime`).
  public static func unixMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UnixTime.milliseconds(seconds: time.tv_sec, nanoseconds: time.tv_nsec)
  }

  /// The wall clock as files are dated by it, in nanoseconds since 1970 modulo 2^64: for differences alone.
  public static func fileNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }

  /// The monotonic clock, which event loops' deadlines are told by as well.
  public static func uptimeNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }

  /// Blocks the thread for so long, whatever signals come.
  public static func sleep(nanoseconds: Int64) {
    var left = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    var rest = timespec()
    while nanosleep(&left, &rest) != 0, errno == EINTR { left = rest }
  }
}
