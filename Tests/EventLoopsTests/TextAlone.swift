import CLinux
import Foundation
import Testing

/// Of the whole process: what other tests touch meanwhile would count too.
@Suite struct TextAlone {
  /// Of files, resident.
  private func fileKiB() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssFile:") })
    return try #require(Int(line.split(separator: " ").dropLast().last ?? ""))
  }

  @Test func `text that was touched can be let go, and the program goes on`() throws {
    let before = try fileKiB()
    vg_forget_text()
    let after = try fileKiB()
    #expect(after < before / 2, "\(before) KiB, \(after) afterwards")
    #expect(try JSONSerialization.jsonObject(with: Data("[1]".utf8)) as? [Int] == [1])
  }
}
