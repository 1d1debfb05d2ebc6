import Foundation
import Gateway
import TestSupport
import Testing

@testable import Queue

/// What is had of a file that others cannot read any more.
@Suite(.ownThread) struct SalvageTests {
  private func salvage(_ bench: StoreBench) throws -> (found: [Salvage.Found], counts: Salvage.Counts) {
    let salvage = try Salvage(sqlite: bench.file, sealKeyFile: bench.settings.sealKeyFile)
    var found: [Salvage.Found] = []
    try salvage.run { found.append($0) }
    return (found, salvage.counts)
  }

  @Test func `of a whole store all is had, byte for byte, and the file stays as it is`() throws {
    let bench = try StoreBench()
    let dead = try bench.dead(3)
    try bench.delivered(2)
    try bench.accept("waits")
    bench.close()
    let before = try Data(contentsOf: URL(fileURLWithPath: bench.file))
    let (found, counts) = try salvage(bench)
    #expect(found.count == 6 && counts == Salvage.Counts())
    #expect(found.filter(\.isOpen).count == 4)
    #expect(found.flatMap(\.jobs).filter { $0.state == .dead }.map(\.job) == dead)
    #expect(found.last.map { String(decoding: $0.delivery.body, as: UTF8.self) } == "waits")
    #expect(try Data(contentsOf: URL(fileURLWithPath: bench.file)) == before)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
  func `root has it of a store that is another account's`() throws {
    let bench = try StoreBench()
    try bench.accept("waits")
    bench.close()
    for path in [bench.folder.path, bench.file, bench.file + "-wal", bench.settings.sealKeyFile] {
      chown(path, 64_321, 64_321)
    }
    chmod(bench.folder.path, 0o700)
    #expect(try salvage(bench).found.count == 1)
  }

  @Test func `what was committed and not yet moved into the file is had, too`() throws {
    let bench = try StoreBench { $0.checkpointIdleSeconds = 3600 }
    try bench.dead(5)
    let (found, _) = try salvage(bench)
    #expect(found.count == 5)
  }

  @Test func `what is not what was sealed is left out, and what has no body`() throws {
    let bench = try StoreBench()
    try bench.dead(4)
    bench.close()
    try bench.edit(
      "UPDATE body SET bytes=CAST('forged' AS BLOB) WHERE id=1; UPDATE delivery SET route='/b' WHERE id=2; "
        + "DELETE FROM body WHERE id=3")
    let (found, counts) = try salvage(bench)
    #expect(found.count == 1 && counts.unsealed == 2 && counts.withoutBody == 1 && counts.damaged == 0)
  }

  @Test func `around pages that are damaged the others are had`() throws {
    let bench = try StoreBench()
    let body = String(repeating: "x", count: 3000)
    for number in 0..<200 { try bench.accept(body + "\(number)") }
    bench.close()
    // Of bodies, and of what is known of deliveries, some twenty to a page.
    let texts = [40, 41, 150].map { String(repeating: "x", count: 100) + "\($0)" } + ["/hook?a=1"]
    let missing = try damage(bench, texts)
    #expect(missing.isEmpty, "\(missing)")
    let (found, counts) = try salvage(bench)
    #expect(found.count + counts.damaged + counts.unsealed == 200 && counts.damaged > 4, "\(counts)")
    #expect(found.count >= 150, "\(counts)")
    let bodies = Set(found.map { String(decoding: $0.delivery.body, as: UTF8.self) })
    #expect(bodies.count == found.count && bodies.allSatisfy { $0.hasPrefix(body) })
  }

  /// Overwrites the pages that hold these texts first.
  ///
  /// - Returns: those that stand nowhere.
  private func damage(_ bench: StoreBench, _ texts: [String]) throws -> [String] {
    var file = try Data(contentsOf: URL(fileURLWithPath: bench.file))
    var missing: [String] = []
    for text in texts {
      guard let place = file.range(of: Data(text.utf8))?.upperBound else {
        missing.append(text)
        continue
      }
      // A page is filled from its end.
      let page = (place - 1) / 4096
      file.replaceSubrange(page * 4096..<(page + 1) * 4096, with: Data(repeating: 0xAA, count: 4096))
    }
    try file.write(to: URL(fileURLWithPath: bench.file))
    chmod(bench.file, 0o600)
    return missing
  }

  @Test func `another's file, a missing one and one without its key are refused with a sentence`() throws {
    let bench = try StoreBench()
    bench.close()
    #expect(throws: StoreFault.self) {
      try Salvage(sqlite: bench.file, sealKeyFile: bench.folder.path + "/no.key")
    }
    #expect(!FileManager.default.fileExists(atPath: bench.folder.path + "/no.key"))
    #expect(throws: StoreFault.self) {
      try Salvage(sqlite: bench.folder.path + "/none.db", sealKeyFile: bench.settings.sealKeyFile)
    }
    #expect(!FileManager.default.fileExists(atPath: bench.folder.path + "/none.db"))
    try bench.edit("PRAGMA application_id=7")
    #expect(throws: StoreFault.self) {
      try Salvage(sqlite: bench.file, sealKeyFile: bench.settings.sealKeyFile)
    }
  }
}
