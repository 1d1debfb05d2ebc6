import Glibc
import POSIX
import TestSupport
import Testing

/// A pipe, both ends of which are closed with it.
//
// @unchecked Sendable: one thread at a time uses an end.
private final class Pipe: @unchecked Sendable {
  let read: CInt
  private(set) var write: CInt

  init() throws {
    var ends: [CInt] = [0, 0]
    try #require(pipe(&ends) == 0)
    (read, write) = (ends[0], ends[1])
  }

  func endWriting() {
    close(write)
    write = -1
  }

  deinit {
    close(read)
    if write >= 0 { close(write) }
  }
}

@Suite(.ownThread) struct IOTests {
  @Test func `what is written whole is read to the end`() throws {
    let pipe = try Pipe()
    let bytes = (0..<5_000).map { UInt8(truncatingIfNeeded: $0) }
    #expect(IO.writeAll(pipe.write, bytes) == 0)
    pipe.endWriting()
    #expect(try IO.readToEnd(pipe.read, bytesMax: 5_000) == bytes)
  }

  @Test func `one byte beyond the bound is too long`() throws {
    let pipe = try Pipe()
    #expect(IO.writeAll(pipe.write, [1, 2, 3]) == 0)
    pipe.endWriting()
    #expect(throws: IO.Unread.tooLong) { try IO.readToEnd(pipe.read, bytesMax: 2) }
  }

  @Test func `a buffer is filled by as many reads as it takes, and no further than it goes`() throws {
    let pipe = try Pipe()
    var buffer = [UInt8](repeating: 0, count: 4)
    #expect(IO.writeAll(pipe.write, [1, 2, 3, 4, 5]) == 0)
    #expect(IO.fill(&buffer, from: pipe.read) == 4)
    #expect(buffer == [1, 2, 3, 4])
    pipe.endWriting()
    #expect(IO.fill(&buffer, from: pipe.read) == 1)
    #expect(buffer == [5, 2, 3, 4])
  }

  @Test func `what the kernel refuses is said by its number`() throws {
    var buffer: [UInt8] = [0]
    #expect(IO.fill(&buffer, from: -1) == nil)
    #expect(errno == EBADF)
    #expect(throws: IO.Unread.failed(EBADF)) { try IO.readToEnd(-1, bytesMax: 1) }
    #expect(IO.writeAll(-1, [1]) == EBADF)
    #expect(IO.writeAll(-1, []) == 0)
  }

  @Test func `a pipe that is full and must not wait fails, or is waited for`() async throws {
    let pipe = try Pipe()
    #expect(fcntl(pipe.write, F_SETFL, O_NONBLOCK) == 0)
    #expect(IO.writeAll(pipe.write, [UInt8](repeating: 7, count: 300_000)) == EAGAIN)
    let (read, write) = (pipe.read, pipe.write)
    async let written = onThread {
      let failed = IO.writeAll(write, [UInt8](repeating: 7, count: 300_000), waitsWhenFull: true)
      pipe.endWriting()
      return failed
    }
    let taken = try await onThread { try IO.readToEnd(read, bytesMax: 1_000_000) }
    #expect(taken.count >= 300_000)
    #expect(try await written == 0)
    withExtendedLifetime(pipe) {}
  }

  @Test func `an interrupted call is made again, a failed one is not`() {
    var codes: [CInt] = [EINTR, EINTR, EAGAIN]
    var calls = 0
    let result = IO.retrying {
      calls += 1
      errno = codes.removeFirst()
      return -1
    }
    #expect(result == -1)
    #expect(calls == 3)
  }
}
