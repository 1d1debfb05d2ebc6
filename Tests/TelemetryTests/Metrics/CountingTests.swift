import Formats
import Gateway
import Signing
import Testing

@testable import Telemetry

@Suite struct CountingTests {
  @Test func `a value at a bound is in that bound's bucket`() {
    var histogram = Histogram(.age)
    for value in [-301, -300, 0, 1, 3600, 3601] { histogram.add(Int64(value)) }
    let bounds = Buckets.age.bounds
    func count(_ bound: Int64) -> UInt64 { histogram.counts[bounds.firstIndex(of: bound)!] }
    #expect(count(-300) == 2)
    #expect(count(0) == 1 && count(1) == 1 && count(3600) == 1)
    #expect(histogram.counts.last == 1)
    #expect(histogram.count == 6 && histogram.sum == -301 - 300 + 1 + 3600 + 3601)
  }

  @Test(arguments: [Buckets.verify, .delivery, .age])
  func `bounds ascend, and their labels say the same in seconds`(_ buckets: Buckets) {
    #expect(buckets.bounds == buckets.bounds.sorted() && Set(buckets.bounds).count == buckets.bounds.count)
    for (bound, label) in zip(buckets.bounds, buckets.labels) {
      #expect(Double(label) == Double(bound) / Double(buckets.unitsPerSecond))
    }
  }

  @Test func `the median needs five deliveries of the last hour, and forgets what is older`() {
    var window = AgeWindow()
    for age in [9, 1, 5, 3] { window.add(ageSeconds: age, at: 1_000_000) }
    #expect(window.median(at: 1_000_000) == nil)
    window.add(ageSeconds: 700, at: 1_000_000)
    #expect(window.median(at: 1_000_000) == 5)
    #expect(window.median(at: 1_000_000 + 3_600_000) == 5)
    #expect(window.median(at: 1_000_000 + 3_600_001) == nil)
    for _ in 0..<AgeWindow.samplesMax { window.add(ageSeconds: -40, at: 2_000_000) }
    #expect(window.median(at: 2_000_000) == -40)
  }

  @Test func `a replayed delivery does not move the estimate`() {
    var counters = RouteCounters(name: "/a")
    var record = self.record(nil, .forwarded)
    record.secretPosition = 0
    record.ageSeconds = 1
    for _ in 0..<5 { counters.count(record) }
    var stale = self.record(nil, .refused)
    stale.reason = "stale"
    stale.ageSeconds = 90_000
    for _ in 0..<60 { counters.count(stale) }
    #expect(counters.ages.median(at: 1_000) == 1)
    #expect(counters.lastRefusal?.reason == "stale")
  }

  @Test func `what the gateway made itself is counted nowhere`() {
    let counters = LoopCounters()
    var record = self.record(nil, .forwarded)
    record.isTest = true
    record.secretPosition = 0
    record.ageSeconds = 0
    let before = counters.current.routes.map { $0.count(of: .forwarded) }
    counters.record(record)
    #expect(counters.current.routes.map { $0.count(of: .forwarded) } == before)
    record.isTest = false
    counters.record(record)
    #expect(counters.current.routes.map { $0.count(of: .forwarded) } != before)
  }

  /// Two loops refuse in the same millisecond: which was the last must not depend on which is asked first.
  @Test func `the last refusal is the one that came last`() {
    func refused(_ reason: String, at uptime: UInt64) -> Counters {
      var route = RouteCounters(name: "/a")
      var refused = self.record(nil, .refused)
      refused.reason = reason
      refused.arrived = Moment(unixMilliseconds: 1_000, uptimeNanoseconds: uptime)
      route.count(refused)
      var counters = Counters()
      counters.routes.append(route)
      return counters
    }
    let (mismatch, stale) = (refused("mismatch", at: 1), refused("stale", at: 2))
    for both in [[mismatch, stale], [stale, mismatch]] {
      var all = Counters()
      for one in both { all.add(one) }
      #expect(all.route("/a")?.lastRefusal?.reason == "stale")
    }
  }

  private func record(_ route: Route?, _ outcome: DeliveryRecord.Outcome) -> DeliveryRecord {
    var record = DeliveryRecord(
      requestID: "r", outcome: outcome, status: 200, remote: "", method: "POST", path: "/")
    record.matched = route
    record.arrived = Moment(unixMilliseconds: 1_000, uptimeNanoseconds: 1)
    return record
  }

  private func route(_ path: String, host: String? = nil, upstream: String) -> Route {
    Route(
      path: PathPattern(path)!, host: host, secretFileIndex: 0,
      upstreams: [Upstream(name: upstream, host: "a", port: 1)])
  }

  private func snapshot(_ routes: [Route]) -> Snapshot {
    let secret = Secret(Array("s".utf8))
    let set = SecretSet(path: "/s", lines: [secret], keys: [secret])
    return Snapshot(
      routes: RouteTable(routes), limits: Limits(), trustedProxies: TrustedProxies(), secrets: [set])
  }

  @Test func `counts go on over a reload, and deliveries of the settings before are counted too`() {
    let counters = LoopCounters()
    let before = route("/a", upstream: "u")
    counters.adopt(snapshot([before]))
    counters.record(record(before, .forwarded))
    let after = route("/a", upstream: "u")
    counters.adopt(snapshot([after, route("/b", upstream: "v")]))
    counters.record(record(before, .forwarded))
    counters.record(record(after, .forwarded))
    counters.record(record(nil, .refused))
    let moment = Moment(unixMilliseconds: 7, uptimeNanoseconds: 0)
    counters.recordAttempt(at: before.upstreams[0], end: .answered(204), arrival: moment)
    counters.recordAttempt(at: after.upstreams[0], end: .failed(.totalTimeout), arrival: moment)
    #expect(counters.current.route("/a")?.count(of: .forwarded) == 3)
    #expect(counters.current.route("none")?.count(of: .refused) == 1)
    let attempts = counters.current.upstream("u")?.attempts ?? []
    #expect(attempts.map(\.result) == ["2xx", "total-timeout"])
    #expect(attempts.map(\.count) == [1, 1])
    // A route that is gone keeps what it counted.
    counters.adopt(snapshot([route("/b", upstream: "v")]))
    #expect(counters.current.route("/a")?.count(of: .forwarded) == 3)
  }

  @Test func `names have an end, however often the configuration changes`() {
    let counters = LoopCounters()
    for turn in 0..<5 {
      counters.adopt(snapshot((0..<100).map { route("/r\(turn)-\($0)", upstream: "u\(turn)-\($0)") }))
    }
    #expect(counters.current.routes.count == Counters.routesMax + 2)
    #expect(counters.current.upstreams.count == Counters.upstreamsMax + 1)
    let last = route("/r4-99", upstream: "u4-99")
    counters.adopt(snapshot([last]))
    counters.record(record(last, .forwarded))
    #expect(counters.current.route("other")?.count(of: .forwarded) == 1)
  }

  @Test func `what several loops counted adds up`() {
    let routes = [route("/a", upstream: "u"), route("/a", host: "h.test", upstream: "u")]
    var all = Counters()
    for loop in 0..<3 {
      let counters = LoopCounters()
      counters.adopt(snapshot(routes))
      for _ in 0...loop { counters.record(record(routes[0], .forwarded)) }
      var refused = record(routes[1], .refused)
      refused.reason = "mismatch"
      counters.record(refused)
      all.add(counters.current)
    }
    #expect(all.route("/a")?.count(of: .forwarded) == 6)
    #expect(all.route("h.test/a")?.refusals.map(\.count) == [3])
    let summary = all.summary(reloads: StatusSnapshot.Reloads(), logLinesDropped: 3)
    #expect(
      summary == """
        6 forwarded, 0 observed, 3 refused, 0 failed, 0 app-error, 0 abandoned, 0 stored, 0 duplicate \
        (3 mismatch); \
        reloads: 0 taken, 0 failed; 3 log lines dropped
        """)
  }

  @Test func `of an upstream the last thirty attempts count, whichever loop made them`() {
    func counted(_ statuses: [Int?], from start: Int64) -> UpstreamCounters {
      var counters = UpstreamCounters(name: "u")
      for (index, status) in statuses.enumerated() {
        let end: AttemptEnd = status.map { .answered($0) } ?? .failed(.connect)
        counters.count(end, arrival: start + Int64(index) * 10)
      }
      return counters
    }
    let one = counted(Array(repeating: 500, count: 35), from: 0)
    #expect(one.recent.count == 30 && one.recent.errors == 30)
    // Those of the other loop came later: only the last of the first one's are left.
    let other = counted(Array(repeating: 200, count: 18) + [nil, 499], from: 1_000)
    for both in [[one, other], [other, one]] {
      var all = UpstreamCounters(name: "u")
      for counters in both { all.add(counters) }
      #expect(all.recent.count == 30 && all.recent.errors == 10)
    }
    var cancelled = counted([503], from: 0)
    cancelled.count(.failed(.cancelled), arrival: 1)
    #expect(cancelled.recent.count == 1 && cancelled.recent.errors == 1)
  }

  @Test func `a rate is what came since the sample of that time, or since the start`() {
    var history = RateHistory()
    var counters = Counters()
    func count(_ times: Int) {
      for _ in 0..<times { counters.routes[0].count(record(nil, .refused)) }
    }
    for second in stride(from: 0, through: 400, by: 10) {
      history.add(counters, at: Int64(second) * 1000)
      count(2)
    }
    let now: Int64 = 405_000
    let minute = history.stretch(counters.routes[0], seconds: 60, at: now, startedAt: 0)
    #expect(minute.count(of: .refused) == 2 * 6 || minute.count(of: .refused) == 2 * 7)
    #expect(abs(minute.milliseconds - 60_000) <= 5_000)
    #expect(
      history.stretch(counters.routes[0], seconds: 300, at: now, startedAt: 0).count(of: .refused) >= 60)
    let young = history.stretch(counters.routes[0], seconds: 300, at: now, startedAt: 200_000)
    #expect(young.count(of: .refused) == 82 && young.milliseconds == 205_000)
  }

  @Test func `label values are escaped, numbers keep their sign and point`() {
    var page = Exposition()
    page.begin(.skew)
    page.sample(.init(("route", "/a\"b\\c\nd")), -7)
    page.instant(.none, 1_500)
    page.seconds(.none, -1, perSecond: 1_000_000_000)
    page.seconds(.none, 12, perSecond: 1)
    let lines = String(decoding: page.bytes, as: UTF8.self).split(separator: "\n").dropFirst(2)
    #expect(
      lines.map(String.init) == [
        #"vesigate_clock_skew_seconds{route="/a\"b\\c\nd"} -7"#, "vesigate_clock_skew_seconds 1.500",
        "vesigate_clock_skew_seconds -0.000000001", "vesigate_clock_skew_seconds 12",
      ])
  }
}
