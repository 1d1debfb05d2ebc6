import Formats
import Testing

@testable import Operations

/// What goes over the control socket about stored deliveries, and what might.
@Suite struct QueueAnswerTests {
  @Test func `a long delivery goes in parts, and comes together as it was`() throws {
    let whole = (0..<2_500_000).map { UInt8(truncatingIfNeeded: $0 &* 7 ^ $0 >> 9) }
    var stored = QueueAnswer.Stored()
    stored.id = "an id"
    var bytes: [UInt8] = []
    for _ in 0..<3 {
      var answer = QueueAnswer()
      answer.part = .init(of: whole, from: bytes.count, stored: stored)
      let line = Array(answer.line.utf8)
      #expect(line.count < ControlClient.answerBytesMax)
      let part = try #require(QueueAnswer(line)?.part)
      #expect(part.stored == stored && part.bytesTotal == whole.count && part.offset == bytes.count)
      bytes += try #require(part.bytes)
    }
    #expect(bytes == whole)
    #expect(QueueAnswer.Part(of: whole, from: .max, stored: stored).bytes == [])
    #expect(QueueAnswer.Part(of: [], from: -1, stored: stored).bytes == [])
  }

  @Test(arguments: [
    (bytesTotal: 3, offset: -1, data: "AAAA"), (2, 0, "AAAA"), (Int.min, Int.max, "AAAA"),
    (Int.min, 1, "AAAA"), (3, 0, "AAA"), (3, 0, "*AAA"),
  ])
  func `numbers and texts that mean no part are none`(_ part: (bytesTotal: Int, offset: Int, data: String)) {
    var hostile = QueueAnswer.Part()
    hostile.bytesTotal = part.bytesTotal
    hostile.offset = part.offset
    hostile.data = part.data
    #expect(hostile.bytes == nil)
  }

  @Test func `a refusal is read as it was written, and one of another version as none`() throws {
    for refusal in [QueueAnswer.Refusal.permission, .absent, .unsealed] {
      let line = Array(QueueAnswer.refused("why", refusal).line.utf8)
      #expect(QueueAnswer(line) == .refused("why", refusal))
    }
    let later = Array(#"{"ok":false,"message":"why","refusal":"weather"}"#.utf8)
    #expect(QueueAnswer(later) == .refused("why"))
  }

  @Test func `requests of replays are read as they were written`() throws {
    var request = QueueRequest(.replayBegin)
    request.rate = 7
    request.replay = 9
    request.offset = 11
    #expect(QueueRequest(line: String(request.requestLine.dropLast())) == request)
    #expect(request.requestLine.utf8.count < QueueRequest.lineBytesMax)
  }
}
