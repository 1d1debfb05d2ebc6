import TestSupport
import Testing

/// Rows H01 to H08.
@Suite(.ownThread) struct BrokenFramingHostileTests {
  @Test func `H01 a length and a coding together are refused, whichever is signed`() throws {
    let runner = try RawRunner()
    runner.run([
      RawCase(
        "H01", "CL then TE, signed as TE", .refused([400]),
        text: RawCase.post("Content-Length: 10\r\nTransfer-Encoding: chunked", RawCase.chunkedBody))
    ])
  }
}
