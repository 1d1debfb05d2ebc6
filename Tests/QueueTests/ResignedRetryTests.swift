import Gateway
import TestSupport
import Testing

@testable import Queue

/// Retries of a sender that signs no id, as Vesicash: each is signed anew, and the body is what stays.
@Suite(.ownThread) struct ResignedRetryTests {
  private func acceptance(_ body: String, _ bench: StoreBench) throws -> Acceptance {
    let kept = try bench.delivery(body)
    let key = DedupeKey(.body, scope: "/hook", id: nil, timestamp: nil, header: nil, body: kept.bodyDigest)
    return Acceptance(
      delivery: kept, jobs: [.init(lane: Lane(route: "/hook"), startsNow: false)],
      dedupe: key.map { .init(key: $0, until: bench.now + 345_600_000) })
  }

  @Test
  func `an hour later it is the same, once the first is dead it is sent again, and another body is another`()
    throws
  {
    let bench = try StoreBench()
    let first = try acceptance("{\"reference\":1}", bench)
    #expect(try bench.accept(first) == .stored(starts: [], otherBodyOf: nil))
    let ticket = try #require(bench.claim().first).ticket
    try bench.record(ticket, .delivered, status: 200)
    bench.advance(seconds: 3600)
    let again = try bench.accept(acceptance("{\"reference\":1}", bench))
    #expect(again == .duplicate(of: first.delivery.facts.id, isRevived: false))
    #expect(try bench.claim().isEmpty)

    let refused = try acceptance("{\"reference\":2}", bench)
    #expect(try bench.accept(refused) == .stored(starts: [], otherBodyOf: nil))
    try bench.record(try #require(bench.claim().first).ticket, .dead(.status), status: 422)
    bench.advance(seconds: 3600)
    let resent = try bench.accept(acceptance("{\"reference\":2}", bench))
    #expect(resent == .duplicate(of: refused.delivery.facts.id, isRevived: true))
    // Once, whoever asks meanwhile.
    let meanwhile = try bench.accept(acceptance("{\"reference\":2}", bench))
    #expect(meanwhile == .duplicate(of: refused.delivery.facts.id, isRevived: false))
    let claimed = try bench.claim()
    #expect(claimed.map(\.delivery.facts.id) == [refused.delivery.facts.id])
    try bench.record(try #require(claimed.first).ticket, .delivered, status: 200)
    #expect(try bench.claim().isEmpty)

    for body in ["{\"reference\":3}", "{\"reference\":4}"] {
      #expect(try bench.accept(acceptance(body, bench)) == .stored(starts: [], otherBodyOf: nil))
    }
    #expect(try bench.claim().count == 2)
  }
}
