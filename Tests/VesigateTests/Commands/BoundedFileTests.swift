import TestSupport
import Testing

@testable import vesigate

/// Files that a person names.
@Suite struct BoundedFileTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func failure(_ path: String, bytesMax: Int = 10) -> BoundedFile.Failure? {
    do throws(BoundedFile.Failure) {
      _ = try BoundedFile.read(path, bytesMax: bytesMax)
      return nil
    } catch {
      return error
    }
  }

  @Test func `a file may be as long as the bound, and no longer`() throws {
    let path = try scratch.write("file", Array(repeating: 7, count: 10) as [UInt8])
    #expect(try BoundedFile.read(path, bytesMax: 10) == Array(repeating: 7, count: 10))
    #expect(failure(path, bytesMax: 9)?.description == "\(path): over 9 bytes")
  }

  @Test func `what grows for ever is read no further than the bound`() {
    #expect(failure("/dev/zero")?.description == "/dev/zero: over 10 bytes")
  }

  @Test func `what cannot be read is said by its name and the system's words`() {
    let missing = failure(scratch.file("missing"))
    #expect(missing?.description == "\(scratch.file("missing")): No such file or directory")
    #expect(missing?.isPermission == false)
    #expect(failure(scratch.directory)?.description == "\(scratch.directory): Is a directory")
  }
}
