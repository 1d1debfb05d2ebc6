internal import ArgumentParser
internal import Formats
internal import Glibc
internal import Operations
internal import POSIX

/// Writes captured requests: files that are new, and their owner's alone.
enum CaptureFile {
  private static let attemptsMax = 1_000

  /// Whether files can be made there is known before somebody waits for one.
  static func tryOut(folder: String) throws {
    let path = "\(folder)/.vesigate-capture-\(getpid())"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(folder, errno) }
    close(descriptor)
    unlink(path)
  }

  /// The path of the file that was made. Its time is that of the arrival.
  static func write(_ captured: CapturedRequest, folder: String) throws -> String {
    let (path, descriptor) = try create(folder, captured.arrivalUnixMilliseconds)
    defer { close(descriptor) }
    let failed = keep(captured, in: descriptor)
    guard failed == 0 else {
      complain("vesigate: \(path): \(String(cString: strerror(failed)))")
      unlink(path)
      throw ExitStatus.storage
    }
    return path
  }

  /// 0, or the `errno`.
  private static func keep(_ captured: CapturedRequest, in descriptor: Int32) -> Int32 {
    let failed = IO.writeAll(descriptor, captured.bytes)
    guard failed == 0 else { return failed }
    let isKept = stamp(descriptor, captured.arrivalUnixMilliseconds) && fsync(descriptor) == 0
    return isKept ? 0 : errno
  }

  /// Never one that exists, be it a symbolic link.
  private static func create(_ folder: String, _ arrival: Int64) throws -> (String, Int32) {
    let stamp = TimeText.utc(unixMilliseconds: arrival).filter(\.isNumber)
    for number in 1...attemptsMax {
      let path = "\(folder)/refused-\(stamp.prefix(8))-\(stamp.dropFirst(8))-\(number).http"
      let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
      if descriptor >= 0 { return (path, descriptor) }
      guard errno == EEXIST else { throw failure(path, errno) }
    }
    throw failure("\(folder)/refused-\(stamp)", EEXIST)
  }

  private static func failure(_ path: String, _ code: Int32) -> ExitCode {
    complain("vesigate: \(path): \(String(cString: strerror(code)))")
    return code == EACCES || code == EPERM ? ExitStatus.permission : ExitStatus.cannotCreate
  }

  private static func stamp(_ descriptor: Int32, _ unixMilliseconds: Int64) -> Bool {
    let (seconds, milliseconds) = unixMilliseconds.floorDivided(by: 1000)
    let time = timespec(tv_sec: Int(seconds), tv_nsec: Int(milliseconds) * 1_000_000)
    return [time, time].withUnsafeBufferPointer { futimens(descriptor, $0.baseAddress) } == 0
  }
}
