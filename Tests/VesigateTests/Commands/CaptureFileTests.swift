import Foundation
import Operations
import TestSupport
import Testing

@testable import vesigate

/// Where captured requests are written: they hold a sender's body.
@Suite struct CaptureFileTests {
  private let scratch: Scratch
  // 2026-11-21T20:37:00.250Z
  private let captured = CapturedRequest(
    bytes: Array("POST /a HTTP/1.1\r\n\r\n".utf8), arrivalUnixMilliseconds: 1_795_293_420_250,
    reason: "mismatch")

  init() throws { scratch = try Scratch() }

  @Test func `each is a new file of its owner's alone, named and dated by its arrival`() throws {
    let path = try CaptureFile.write(captured, folder: scratch.directory)
    #expect(path == scratch.file("refused-20261121-203700-1.http"))
    let name = try #require(scratch.names.first)
    #expect(scratch.text(name) == "POST /a HTTP/1.1\r\n\r\n")
    #expect(try scratch.mode(name) == 0o600)
    var status = stat()
    #expect(stat(path, &status) == 0)
    #expect(status.st_mtim.tv_sec == 1_795_293_420 && status.st_mtim.tv_nsec == 250_000_000)
  }

  @Test func `a second of the same moment is another file, and the first stays as it was`() throws {
    let first = try CaptureFile.write(captured, folder: scratch.directory)
    let other = CapturedRequest(
      bytes: [1], arrivalUnixMilliseconds: captured.arrivalUnixMilliseconds, reason: "stale")
    let second = try CaptureFile.write(other, folder: scratch.directory)
    #expect(first.hasSuffix("-1.http") && second.hasSuffix("-2.http"))
    #expect(FileManager.default.contents(atPath: first).map(Array.init) == captured.bytes)
    #expect(FileManager.default.contents(atPath: second).map(Array.init) == [1])
  }

  @Test func `a link that waits at the name is not written through`() throws {
    let link = scratch.file("refused-20261121-203700-1.http")
    #expect(symlink(scratch.file("elsewhere"), link) == 0)
    let path = try CaptureFile.write(captured, folder: scratch.directory)
    #expect(path.hasSuffix("-2.http"))
    #expect(scratch.text("elsewhere") == nil)
  }

  @Test func `a time before 1970 has its name and date too`() throws {
    let old = CapturedRequest(bytes: [1], arrivalUnixMilliseconds: -1, reason: "stale")
    let path = try CaptureFile.write(old, folder: scratch.directory)
    #expect(path.hasSuffix("refused-19691231-235959-1.http"))
    var status = stat()
    #expect(stat(path, &status) == 0)
    #expect(status.st_mtim.tv_sec == -1 && status.st_mtim.tv_nsec == 999_000_000)
  }

  @Test func `a folder is tried out without a trace`() throws {
    try CaptureFile.tryOut(folder: scratch.directory)
    #expect(scratch.names == [])
  }
}
