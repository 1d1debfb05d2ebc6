internal import Foundation

/// Debian's libfaketime.
public enum FakeTime {
  public static func library() throws -> String {
    let folders = try FileManager.default.contentsOfDirectory(atPath: "/usr/lib")
    for folder in folders {
      let path = "/usr/lib/\(folder)/faketime/libfaketime.so.1"
      if FileManager.default.fileExists(atPath: path) { return path }
    }
    throw FixtureError("no libfaketime (Debian: faketime)")
  }
}
