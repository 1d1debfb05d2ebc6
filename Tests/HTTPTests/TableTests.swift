import TestSupport
import Testing

@Suite(.ownThread) struct TableTests {
  @Test(arguments: AcceptedRequest.all)
  func `what is unambiguous is read`(_ request: AcceptedRequest) {
    let transcript = Transcript(of: request.bytes)
    #expect(transcript.isClean)
    #expect(transcript.messages.map(\.bodyText) == request.bodies)
    #expect(transcript.messages.allSatisfy { $0.isComplete })
  }

  @Test(arguments: RefusedRequest.all)
  func `what two readers could read differently is refused`(_ request: RefusedRequest) {
    #expect(Transcript(of: request.bytes).rejection == request.rejection)
  }

  @Test(arguments: AcceptedRequest.all)
  func `a request cut off anywhere is not complete`(_ request: AcceptedRequest) {
    for count in 0..<request.bytes.count {
      let transcript = Transcript(of: Array(request.bytes[..<count]))
      #expect(transcript.rejection == nil)
      let isWhole = transcript.messages.count == request.bodies.count && transcript.isClean
      #expect(!isWhole, "whole after \(count) of \(request.bytes.count) bytes")
    }
  }

  @Test func `the tables hold a hundred rows and more, no name twice`() {
    for names in [AcceptedRequest.all.map(\.name), RefusedRequest.chunks.map(\.name)] {
      #expect(Set(names).count == names.count)
    }
    #expect(AcceptedRequest.all.count + RefusedRequest.all.count > 200)
  }
}
