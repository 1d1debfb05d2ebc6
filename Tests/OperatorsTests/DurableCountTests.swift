import Foundation
import TestSupport
import Testing

/// What a durable route has stored and sent stands in /metrics.
@Suite(.ownThread) struct DurableCountTests {
  @Test
  func `each delivery is in one commit's batch, each attempt is its upstream's, and checkpoints are timed`()
    throws
  {
    let upstream = try RecordingUpstream { $0.body == Array("never".utf8) ? .answer(422) : .ok }
    let nobody = "http://127.0.0.1:\(try FreePort.take())/down"
    let gateway = try GatewayProcess.observed(
      [nobody, upstream.url()], route: "durable: true",
      top: "store: {sqlite: {dir}/queue.db, seal-key-file: {dir}/seal.key, disk-free-bytes-min: 0}")
    for number in 0..<20 { #expect(try gateway.post(SignedRequest("\(number)")) == 200) }
    #expect(try gateway.post(SignedRequest("never")) == 200)
    // Repeated: stored once.
    #expect(try gateway.post(SignedRequest("0")) == 200)
    _ = try upstream.requests(atLeast: 21)
    let batches = "vesigate_commit_batch_deliveries"
    let attempts = "vesigate_delivery_attempts_total"
    let isCounted = eventually {
      guard let scrape = try? gateway.scrape() else { return false }
      return scrape.sum(attempts, "upstream=\"\(upstream.url())\"", "result=\"delivered\"") == 20
        && scrape["vesigate_checkpoint_duration_seconds_count"] ?? 0 > 0
    }
    #expect(isCounted)
    let scrape = try gateway.scrape()
    #expect(scrape["\(batches)_sum"] == 21)
    #expect((1...21).contains(scrape["\(batches)_count"] ?? 0))
    #expect(scrape["\(batches)_bucket{le=\"+Inf\"}"] == scrape["\(batches)_count"])
    #expect(scrape.sum(attempts, "upstream=\"\(upstream.url())\"", "result=\"dead\"") == 1)
    // It is not what the attempt ended with.
    #expect(scrape.sum(attempts, "upstream=\"\(nobody)\"") == 0)
    #expect(scrape["\(attempts){route=\"/hook\",upstream=\"\(nobody)\",result=\"retried\"}"] == 0)
    #expect(scrape["vesigate_checkpoint_duration_seconds_sum"] ?? 0 > 0)
    #expect(scrape.sum(attempts) == 21)
  }
}
