import TestSupport
import Testing

@Suite(.ownThread) struct CorpusTests {
  @Test func `what the fuzzer has found of heads holds`() throws {
    for input in try Corpus.inputs("heads") {
      #expect(HeadProperty.violation(input.bytes) == nil, "\(input.name) \(input.bytes.escaped)")
    }
  }

  @Test func `what the fuzzer has found of chunks holds`() throws {
    for input in try Corpus.inputs("chunks") {
      #expect(HeadProperty.chunkedViolation(input.bytes) == nil, "\(input.name) \(input.bytes.escaped)")
    }
  }

  @Test func `what the fuzzer has found of answers holds`() throws {
    for input in try Corpus.inputs("responses") {
      #expect(ResponseProperty.violation(input.bytes) == nil, "\(input.name) \(input.bytes.escaped)")
    }
  }

  @Test func `what the fuzzer has found of an answer's chunks holds`() throws {
    for input in try Corpus.inputs("response-chunks") {
      #expect(ResponseProperty.chunkedViolation(input.bytes) == nil, "\(input.name) \(input.bytes.escaped)")
    }
  }
}
