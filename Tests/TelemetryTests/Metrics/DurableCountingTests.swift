import Formats
import Gateway
import Testing

@testable import Telemetry

/// What the store counts, and what its attempts came to.
@Suite struct DurableCountingTests {
  private func attempt(_ upstream: String, _ outcome: QueuedAttemptRecord.Outcome) -> QueuedAttemptRecord {
    QueuedAttemptRecord(
      delivery: PublicID(unixMilliseconds: 1, random: (1, 2)), route: "/a", upstream: upstream, attempt: 1,
      outcome: outcome, nanoseconds: 1, millisecondsSinceAccepted: 1)
  }

  private func page(_ routes: [RouteCounters], _ store: StatusSnapshot.Store? = nil) -> [String] {
    var counters = Counters()
    for route in routes {
      var other = Counters()
      other.routes = [route]
      counters.add(other)
    }
    var status = StatusSnapshot()
    status.routes = [
      .init(
        name: "/a", observe: false, isDurable: true, toleranceSeconds: nil, secretGeneration: 1,
        secretModifiedAt: 0, secretsAccepted: 1)
    ]
    status.store = store
    return String(decoding: MetricsPage.bytes(counters, status), as: UTF8.self).split(separator: "\n").map {
      String($0)
    }
  }

  @Test func `attempts are counted by the upstream that they ended with, from zero on, loops together`() {
    var (one, other) = (RouteCounters(name: "/a"), RouteCounters(name: "/a"))
    for name in ["http://x", "http://y"] {
      one.adopt(upstreams: [name])
      other.adopt(upstreams: [name])
    }
    one.count(attempt("http://x", .delivered))
    other.count(attempt("http://x", .delivered))
    other.count(attempt("http://y", .retried))
    // Named by no configuration; and one that came to no upstream at all.
    one.count(attempt("http://stranger", .dead))
    one.count(attempt("", .cancelled))
    let lines = page([one, other])
    let name = "vesigate_delivery_attempts_total{route=\"/a\","
    for (labels, count) in [
      ("upstream=\"http://x\",result=\"delivered\"", 2), ("upstream=\"http://x\",result=\"dead\"", 0),
      ("upstream=\"http://y\",result=\"retried\"", 1), ("upstream=\"http://y\",result=\"delivered\"", 0),
      ("upstream=\"other\",result=\"dead\"", 1), ("upstream=\"none\",result=\"cancelled\"", 1),
    ] {
      #expect(lines.contains("\(name)\(labels)} \(count)"), "\(labels)")
    }
  }

  @Test func `upstreams that reloads bring for ever are counted together beyond a bound`() {
    var route = RouteCounters(name: "/a")
    for number in 0..<1000 {
      route.adopt(upstreams: ["http://\(number)"])
      route.count(attempt("http://\(number)", .delivered))
    }
    #expect(route.queued.count <= 34)
    #expect(route.queued["http://0"]?[.delivered] == 1 && route.queued[Counters.others]?[.delivered] == 968)
    // What it has counted stays with whoever is configured again.
    route.adopt(upstreams: ["http://0"])
    #expect(route.queued["http://0"]?[.delivered] == 1)
  }

  @Test func `what the store has counted is a histogram, in deliveries and in seconds`() {
    var store = StatusSnapshot.Store()
    store.commitBatches = .init(bounds: [1, 16, 1000], counts: [5, 2, 0, 1], sum: 1050)
    store.checkpoints = .init(bounds: [500_000, 2_500_000_000], counts: [1, 2, 0], sum: 3_000_000_001)
    let lines = page([RouteCounters(name: "/a")], store)
    for line in [
      "vesigate_commit_batch_deliveries_bucket{le=\"1\"} 5",
      "vesigate_commit_batch_deliveries_bucket{le=\"16\"} 7",
      "vesigate_commit_batch_deliveries_bucket{le=\"1000\"} 7",
      "vesigate_commit_batch_deliveries_bucket{le=\"+Inf\"} 8", "vesigate_commit_batch_deliveries_sum 1050",
      "vesigate_commit_batch_deliveries_count 8",
      "vesigate_checkpoint_duration_seconds_bucket{le=\"0.0005\"} 1",
      "vesigate_checkpoint_duration_seconds_bucket{le=\"2.5\"} 3",
      "vesigate_checkpoint_duration_seconds_sum 3.000000001",
    ] {
      #expect(lines.contains(line), "\(line)")
    }
    // Where nothing is durable they have names and no samples.
    #expect(!page([]).contains { $0.hasPrefix("vesigate_commit_batch_deliveries") })
  }

  @Test(arguments: [
    (Int64(1), "1"), (1_000_000_000, "1"), (250_000, "0.00025"), (2_500_000_000, "2.5"), (1, "0.000000001"),
  ])
  func `a bound's label is the shortest decimal number`(bound: Int64, label: String) {
    let isTime = label.contains(".") || bound > 1
    let buckets = Buckets(unitsPerSecond: isTime ? 1_000_000_000 : 1, [bound])
    #expect(buckets.labels == [label])
  }
}
