import Formats
import Glibc
import POSIX
import TestSupport
import Testing

@Suite(.ownThread) struct ClocksTests {
  @Test func `both clocks of a moment are read, and go on`() {
    let before = Clocks.now()
    // Load makes it longer, never shorter.
    Clocks.sleep(nanoseconds: 2_000_000)
    let after = Clocks.now()
    #expect(after.nanoseconds(since: before) >= 2_000_000)
    #expect(abs(after.unixMilliseconds - Int64(time(nil)) * 1000) < 60_000)
    #expect(after.unixMilliseconds / 1000 <= Clocks.fileNanoseconds() / 1_000_000_000)
  }
}
