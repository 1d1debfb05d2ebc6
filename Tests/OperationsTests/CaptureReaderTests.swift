import Testing

@testable import Operations

/// What comes back for a capture, taken apart: it is believed no more than was asked for.
struct CaptureReaderTests {
  private func answers(_ text: String, count: Int = 2) throws -> [CaptureAnswer] {
    var reader = CaptureReader(count: count)
    var answers: [CaptureAnswer] = []
    for byte in text.utf8 {
      reader.take([byte])
      while let answer = try reader.next() { answers.append(answer) }
    }
    return answers
  }

  private func captured(_ text: String, _ arrival: Int64, _ reason: String) -> CaptureAnswer {
    .captured(CapturedRequest(bytes: Array(text.utf8), arrivalUnixMilliseconds: arrival, reason: reason))
  }

  @Test func `what is written is read, byte by byte`() throws {
    let told: [CaptureAnswer] = [
      .waiting, captured("GET\n\0end x\n", 7, "mismatch"), captured("", -1, "stale"), .end("complete"),
    ]
    #expect(try answers(String(decoding: told.flatMap(\.bytes), as: UTF8.self)) == told)
    #expect(try answers("refused busy\n") == [.refused("busy")])
  }

  @Test func `an arrival beyond all calendars is the nearest there is`() throws {
    #expect(try answers("captured 1 9223372036854775807 x\na") == [captured("a", 253_402_300_799_999, "x")])
  }

  @Test(arguments: [
    "waiting\nwaiting\n", "captured 1 1 x\nacaptured 1 1 x\nacaptured 1 1 x\na", "captured -1 1 x\n",
    "captured 67108865 1 x\n", "captured 99999999999999999999 1 x\n", "captured 1 x y\n", "captured 1 1\n",
    "captured 1 1 x y\n", "nonsense\n", "\n", "end\n", String(repeating: "a", count: 256),
    "end " + String(repeating: "a", count: 300) + "\n",
  ])
  func `anything else ends it`(text: String) {
    #expect(throws: CaptureReader.Failure.self) { try answers(text) }
  }

  @Test func `where none was asked for, none is taken`() {
    #expect(throws: CaptureReader.Failure.self) { try answers("waiting\ncaptured 1 1 x\na", count: 0) }
  }
}
