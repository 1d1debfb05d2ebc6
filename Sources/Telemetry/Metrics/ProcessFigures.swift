internal import Glibc

/// What the kernel says of this process.
public struct ProcessFigures: Sendable {
  public let cpuNanoseconds: Int64
  public let residentBytes: Int64
  public let virtualBytes: Int64
  public let openDescriptors: Int
  public let descriptorsMax: Int

  public static func read() -> ProcessFigures {
    let pages = statm()
    let page = Int64(sysconf(Int32(_SC_PAGESIZE)))
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return ProcessFigures(
      cpuNanoseconds: cpu(), residentBytes: pages.resident * page, virtualBytes: pages.total * page,
      openDescriptors: descriptors(), descriptorsMax: Int(clamping: limit.rlim_cur))
  }

  /// Of all threads together.
  public static func cpu() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  private static func statm() -> (total: Int64, resident: Int64) {
    let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return (0, 0) }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 128)
    let count = Glibc.read(file, &bytes, bytes.count)
    let numbers = String(decoding: bytes[..<max(count, 0)], as: UTF8.self).split(separator: " ")
    guard numbers.count > 1, let total = Int64(numbers[0]), let resident = Int64(numbers[1]) else {
      return (0, 0)
    }
    return (total, resident)
  }

  private static func descriptors() -> Int {
    // Linux 6.2 and later say it as the directory's size.
    var status = stat()
    if stat("/proc/self/fd", &status) == 0, status.st_size > 0 { return Int(status.st_size) }
    guard let folder = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    // Without ".", ".." and the one that this folder took.
    return max(count - 3, 0)
  }
}
