internal import Foundation

/// Debian's libfaketime: what a program takes for the wall clock. What counts from the machine's start stays as it is.
/// It has to be the first library, as a sanitizer has to be.
public enum FakeTime {
  /// A command that becomes the program: libfaketime sets a variable as it begins, after which Swift's runtime finds no
  /// arguments; in a program that was started from one that had it already it does not.
  public static let starter = ["env"]

  /// The clock is as the file says, which is read each time: so many seconds off, or `@` and the time at which it stands.
  public static func environment(file: String) throws -> [String: String] {
    try environment(["FAKETIME_TIMESTAMP_FILE": file, "FAKETIME_NO_CACHE": "1"])
  }

  /// The clock goes on from `time`, in UTC.
  public static func environment(from time: String) throws -> [String: String] {
    try environment(["FAKETIME": "@\(time)"])
  }

  private static func environment(_ clock: [String: String]) throws -> [String: String] {
    ["LD_PRELOAD": try library(), "FAKETIME_DONT_FAKE_MONOTONIC": "1", "TZ": "UTC"].merging(clock) { $1 }
  }

  private static func library() throws -> String {
    let folders = try FileManager.default.contentsOfDirectory(atPath: "/usr/lib")
    for folder in folders {
      let path = "/usr/lib/\(folder)/faketime/libfaketime.so.1"
      if FileManager.default.fileExists(atPath: path) { return path }
    }
    throw FixtureError("no libfaketime (Debian: faketime)")
  }
}
