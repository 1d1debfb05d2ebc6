import HTTP
import TestSupport
import Testing

@testable import Gateway

private let high: UInt64 = 0x4bf9_2f35_77b3_4da6
private let low: UInt64 = 0xa3ce_929d_0e0e_4736
private let valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

private func read(_ values: String...) -> TraceID? {
  TraceParent.read(HeaderList(values.map { ("Traceparent", $0) }))
}

private let validOnes: [String] = [
  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff",
  "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes-later",
]

private let invalidOnes: [String] = [
  "",
  "00",
  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-01",
  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-011",
  "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  "0g-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  "00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01",
  "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x",
  "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
  " 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
  "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
  "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
  "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902bx-01",
  "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0-",
]

@Suite struct TraceContextTests {
  @Test(arguments: validOnes)
  func `a valid field gives the trace's id`(value: String) {
    #expect(read(value) == TraceID(high: high, low: low))
  }

  @Test(arguments: invalidOnes)
  func `an invalid field is none`(value: String) {
    #expect(read(value) == nil)
  }

  @Test func `a repeated field is none, and so is an absent one`() {
    #expect(read(valid, valid) == nil)
    #expect(read() == nil)
  }

  @Test func `a field that begins a trace is a valid one, sampled`() throws {
    var ids = TraceIDs(seed: 7)
    var seen: Set<UInt64> = []
    for _ in 0..<10_000 {
      let trace = ids.next()
      let span = try #require(trace.begunSpan)
      let value = TraceParent.withBegun(trace.id, span: span) { String(decoding: $0, as: UTF8.self) }
      guard read(value) == trace.id, value.hasPrefix("00-"), value.hasSuffix("-01") else {
        Issue.record("\(value)")
        return
      }
      seen.formUnion([trace.id.high, trace.id.low, span])
    }
    #expect(seen.count == 30_000)
    // A sampler may look at any bit: each is set about half of the time.
    for bit in 0..<64 {
      let count = seen.count { $0 >> UInt64(bit) & 1 == 1 }
      #expect((14_000...16_000).contains(count), "bit \(bit): \(count)")
    }
  }

  @Test func `loops begin different traces`() {
    var one = TraceIDs(seed: 1)
    var two = TraceIDs(seed: 2)
    #expect(one.next().id != two.next().id)
  }
}
