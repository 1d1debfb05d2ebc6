import Foundation
import Gateway
import TestSupport
import Testing

@testable import Queue

/// Lists of what is stored: what they are narrowed to, where their pages begin and end, and how far they looked.
@Suite(.ownThread) struct StoreReaderTests {
  let lane = Lane(route: "/hook")
  let other = Lane(route: "/other", upstream: "http://b")

  /// A hundred of them: every tenth is dead of a 422, every seventh another route's.
  private func filled() throws -> StoreBench {
    let bench = try StoreBench()
    for number in 1...100 {
      try bench.accept("{\"n\":\(number)}", lanes: [number % 7 == 0 ? other : lane])
      bench.advance(seconds: 60)
    }
    for lane in [lane, other] {
      for job in try bench.claim(lane, limit: 200) {
        let isDead = job.ticket.job % 10 == 0
        try bench.record(job.ticket, isDead ? .dead(.status) : .delivered, status: isDead ? 422 : 204)
      }
    }
    return bench
  }

  private func jobs(_ bench: StoreBench, _ filter: StoreReader.Filter) throws -> [Int] {
    let reader = try StoreReader(bench.file)
    let jobs = try reader.page(filter, .before(nil), limit: 1_000).lines.map { Int($0.job) }
    #expect(try reader.count(filter) == jobs.count && reader.count(filter, upTo: 1_000).count == jobs.count)
    return jobs
  }

  @Test func `a list has what all of its filter lets through, and its count is the same`() throws {
    let bench = try filled()
    let all = Array((1...100).reversed())
    let start = bench.now - 100 * 60_000
    #expect(try jobs(bench, .init()) == all)
    #expect(try jobs(bench, .init(state: .dead)) == all.filter { $0 % 10 == 0 })
    #expect(try jobs(bench, .init(status: 422)) == all.filter { $0 % 10 == 0 })
    #expect(try jobs(bench, .init(state: .dead, status: 204)).isEmpty)
    #expect(try jobs(bench, .init(route: "/other")) == all.filter { $0 % 7 == 0 })
    #expect(try jobs(bench, .init(route: "/other", state: .dead)) == [70])
    #expect(try jobs(bench, .init(upstream: "http://b")) == all.filter { $0 % 7 == 0 })
    #expect(try jobs(bench, .init(route: "/hook", upstream: "http://b")).isEmpty)
    #expect(try jobs(bench, .init(reason: "status", until: start + 20 * 60_000)) == [20, 10])
    #expect(
      try jobs(bench, .init(since: start + 10 * 60_000, until: start + 15 * 60_000)) == [15, 14, 13, 12, 11])
    let id = try #require(try bench.list(.init(state: .dead)).last).id
    #expect(try jobs(bench, .init(id: id)) == [10] && jobs(bench, .init(state: .dead, id: id)) == [10])
    #expect(try jobs(bench, .init(state: .delivered, id: id)).isEmpty)
    #expect(try jobs(bench, .init(secret: "00000000")).isEmpty)
    for state in JobState.allCases where state != .dead && state != .delivered {
      #expect(try jobs(bench, .init(state: state)).isEmpty)
    }
  }

  @Test(arguments: [nil, JobState.dead])
  func `pages lead down and up again, over the same deliveries`(_ state: JobState?) throws {
    let bench = try filled()
    let reader = try StoreReader(bench.file)
    let filter = StoreReader.Filter(state: state)
    let whole = try jobs(bench, filter)
    let size = state == nil ? 30 : 4
    var (down, before) = ([[Int]](), Int64?.none)
    var last = StoreReader.Page()
    repeat {
      last = try reader.page(filter, .before(before), limit: size)
      #expect((last.after == nil) == (before == nil) && !last.isCut)
      down.append(last.lines.map { Int($0.job) })
      before = last.before
    } while before != nil
    #expect(down.flatMap { $0 } == whole && down.dropLast().allSatisfy { $0.count == size })
    var (up, after) = ([[Int]](), last.after)
    while let place = after {
      let page = try reader.page(filter, .after(place), limit: size)
      up.insert(page.lines.map { Int($0.job) }, at: 0)
      #expect(page.before.map { Int($0) } == page.lines.last.map { Int($0.job) } ?? Int(place) + 1)
      after = page.after
    }
    #expect(up.flatMap { $0 } == whole.filter { !down.last!.contains($0) })
  }

  @Test(arguments: ["9223372036854775807", "(-9223372036854775807-1)", "-1", "'x'"])
  func `a list holds whatever somebody has written into rows`(_ value: String) throws {
    let bench = try StoreBench()
    for number in 1...3 { try bench.accept("{\"n\":\(number)}", lanes: [lane]) }
    for job in try bench.claim(lane, limit: 3) { try bench.record(job.ticket, .dead(.status), status: 422) }
    try bench.edit(
      "UPDATE delivery SET body_bytes=\(value), accepted=\(value); UPDATE job SET attempt=\(value), status=\(value), "
        + "ended=\(value); UPDATE attempt SET at=\(value), ms=\(value), status=\(value)")
    let reader = try StoreReader(bench.file)
    let page = try reader.page(.init(), .before(nil), limit: 10, text: Array("\"n\"".utf8))
    #expect(page.lines.count == 3 && page.looked == 3)
    #expect(try reader.count(.init(), upTo: 10, text: Array("\"n\":2".utf8)).count == 1)
    for line in page.lines { #expect(try reader.attempts(of: line.job).count == 1) }
  }

  @Test func `of what somebody has written into rows no more is read than is ever written`() throws {
    let bench = try StoreBench()
    try bench.accept("{}", lanes: [lane])
    for job in try bench.claim(lane, limit: 1) { try bench.record(job.ticket, .dead(.status), status: 422) }
    try bench.edit(
      "UPDATE job SET reason=hex(zeroblob(500000)); UPDATE lane SET route=hex(zeroblob(500000)); "
        + "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i+1 FROM n WHERE i<500) "
        + "INSERT INTO attempt SELECT 1, i, 1, 1, 500, hex(zeroblob(9000)), zeroblob(9000), hex(zeroblob(9000)) "
        + "FROM n")
    let reader = try StoreReader(bench.file)
    let line = try #require(try reader.list(.init(), limit: 5).first)
    #expect(line.reason?.utf8.count == 8_192 && line.lane.route.utf8.count == 8_192)
    let attempts = try reader.attempts(of: line.job)
    #expect(attempts.map(\.number) == Array(481...500))
    #expect(attempts.allSatisfy { $0.answer.count == AttemptReport.answerBytesMax })
    #expect(attempts.allSatisfy { $0.reason?.utf8.count == 8_192 && $0.upstream?.utf8.count == 8_192 })
  }

  @Test func `behind the last there is no page, also where the last one is full`() throws {
    let bench = try filled()
    let reader = try StoreReader(bench.file)
    #expect(try reader.page(.init(), .before(nil), limit: 100).before == nil)
    #expect(try reader.page(.init(state: .dead), .before(nil), limit: 10).before == nil)
    #expect(try reader.page(.init(), .before(2), limit: 1).before == nil)
  }

  @Test(arguments: [Int64.min, -1, 0, 1, 100, 101, .max])
  func `whatever number a page is said to begin with, it is one`(_ number: Int64) throws {
    let bench = try filled()
    let reader = try StoreReader(bench.file)
    for filter in [StoreReader.Filter(), .init(state: .dead)] {
      let whole = try jobs(bench, filter)
      let down = try reader.page(filter, .before(number), limit: 1_000)
      #expect(down.lines.map { Int($0.job) } == whole.filter { Int64($0) < number })
      let up = try reader.page(filter, .after(number), limit: 1_000)
      #expect(up.lines.map { Int($0.job) } == whole.filter { Int64($0) > number })
    }
    let empty = try StoreBench()
    let none = try StoreReader(empty.file)
    #expect(try none.page(.init(), .before(number), limit: 5).lines.isEmpty)
    #expect(try none.page(.init(), .after(number), limit: 5).lines.isEmpty)
  }

  @Test func `gaps of numbers, and many in a state, change nothing`() throws {
    let bench = try filled()
    bench.close()
    // Far apart, and more dead ones than its index is taken for.
    try bench.edit(
      """
      UPDATE job SET id=id+1000000 WHERE id>50;
      CREATE TEMP TABLE n(i); WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c WHERE i<21000)
        INSERT INTO n SELECT i FROM c;
      INSERT INTO delivery(public_id, route, accepted, request_id, remote, method, target, secret, stored_bytes, body_bytes,
        body_digest, seal, held, body_kept) SELECT randomblob(16), '/hook', 5, 'r', '', 'POST', x'2F', 's', 1, 1, x'00', x'00',
        1, 0 FROM n;
      INSERT INTO job(delivery, lane, state, attempt, budget_from, budget_attempt, late_attempts, ended, status)
        SELECT id, 1, 3, 1, 0, 0, 0, 5, 500 FROM delivery WHERE accepted=5;
      """)
    try bench.open()
    let reader = try StoreReader(bench.file)
    let seldom = try reader.page(.init(state: .dead, status: 422), .before(nil), limit: 100)
    #expect(
      seldom.lines.map(\.job) == [100, 90, 80, 70, 60].map { 1_000_000 + $0 } + [50, 40, 30, 20, 10])
    #expect(try reader.count(.init(state: .dead)) == 21_010)
    let many = try reader.count(.init(state: .dead), upTo: 10_000)
    #expect(many.count == 10_000 && many.isCut)
    let rest = try reader.count(.init(status: 422), upTo: 10_000)
    #expect(rest == .init(count: 10, isCut: false, looked: nil))
  }

  @Test func `whoever is in a hurry gets a part, and goes on where it ends`() throws {
    let bench = try StoreBench()
    try bench.accept()
    bench.close()
    try bench.edit("UPDATE job SET id=1; UPDATE job SET state=4; UPDATE sqlite_sequence SET seq=9000;")
    try bench.edit(
      """
      INSERT INTO job SELECT 9000, delivery, 2, 2, attempt, budget_from, budget_attempt, late_attempts, due, ended, 204, reason,
        replay FROM job;
      """)
    try bench.open()
    let reader = try StoreReader(bench.file)
    let filter = StoreReader.Filter(state: .cancelled)
    var (page, steps) = (try reader.page(filter, .before(nil), limit: 5, millisecondsMax: 0), 0)
    #expect(page.lines.isEmpty && page.isCut)
    while page.isCut, let before = page.before, steps < 10 {
      page = try reader.page(filter, .before(before), limit: 5, millisecondsMax: 0)
      steps += 1
    }
    #expect(page.lines.map(\.job) == [1] && page.before == nil && steps > 1)
    #expect(try reader.count(filter, upTo: 5, millisecondsMax: 0).isCut)
    // Whoever is not gets all of it.
    #expect(try reader.page(filter, .before(nil), limit: 5).lines.map(\.job) == [1])
  }

  // MARK: Texts

  @Test func `a text is searched for byte for byte, in what the filter leaves`() throws {
    let bench = try StoreBench()
    for body in ["{\"reference\":\"VC-1\"}", "VC-", "a\u{0}VC-1", "vc-1", ""] { try bench.accept(body) }
    try bench.accept("VC-1", lanes: [other])
    try bench.accept("VC-1 twice", lanes: [lane, Lane(route: "/hook", upstream: "http://c")])
    let reader = try StoreReader(bench.file)
    func found(_ text: String, _ filter: StoreReader.Filter = .init()) throws -> StoreReader.Page {
      try reader.page(filter, .before(nil), limit: 10, text: Array(text.utf8))
    }
    let all = try found("VC-1")
    #expect(all.lines.map(\.job) == [8, 7, 6, 3, 1] && all.looked == 8 && !all.isCut)
    let own = try found("VC-1", .init(route: "/hook"))
    #expect(own.lines.map(\.job) == [8, 7, 3, 1] && own.looked == 7)
    #expect(try found("%").lines.isEmpty && found("\u{0}VC").lines.map(\.job) == [3])
    let count = try reader.count(.init(), upTo: 100, text: Array("VC-1".utf8))
    #expect(count == .init(count: 5, isCut: false, looked: 8))
    let first = try reader.page(.init(), .before(nil), limit: 2, text: Array("VC-1".utf8))
    #expect(first.lines.map(\.job) == [8, 7] && first.before == 7 && first.looked == 2)
    let next = try reader.page(.init(), .before(first.before), limit: 3, text: Array("VC-1".utf8))
    #expect(next.lines.map(\.job) == [6, 3, 1] && next.looked == 6)
  }

  @Test func `a search ends with the newest ten thousand, says so, and goes on from there`() throws {
    let bench = try StoreBench()
    try bench.accept("the needle")
    bench.close()
    try bench.edit(
      """
      CREATE TEMP TABLE n(i); WITH RECURSIVE c(i) AS (SELECT 2 UNION ALL SELECT i+1 FROM c WHERE i<10101)
        INSERT INTO n SELECT i FROM c;
      INSERT INTO delivery SELECT i, randomblob(16), route, accepted, signed, request_id, remote, method, target, secret,
        stored_bytes, body_bytes, body_digest, seal, NULL, held, final, body_kept FROM delivery JOIN n WHERE id=1;
      INSERT INTO body SELECT i, x'00', x'00' FROM n;
      INSERT INTO job SELECT i, i, lane, state, attempt, budget_from, budget_attempt, late_attempts, due, ended, status,
        reason, replay FROM job JOIN n WHERE id=1;
      """)
    try bench.open()
    let reader = try StoreReader(bench.file)
    let text = Array("needle".utf8)
    let first = try reader.page(.init(), .before(nil), limit: 5, text: text)
    #expect(first.lines.isEmpty && first.isCut && first.looked == 10_000 && first.before == 102)
    let second = try reader.page(.init(), .before(first.before), limit: 5, text: text)
    #expect(second.lines.map(\.job) == [1] && !second.isCut && second.looked == 101 && second.before == nil)
    #expect(try reader.count(.init(), upTo: 100, text: text) == .init(count: 0, isCut: true, looked: 10_000))
  }

  // MARK: One delivery

  @Test func `what is known of one is there while its row is, with its key while that is kept`() throws {
    let bench = try StoreBench()
    try bench.accept("{}", id: "event-1")
    try bench.accept("{}")
    let reader = try StoreReader(bench.file)
    let lines = try bench.list()
    try #require(lines.count == 2)
    let known = try #require(try reader.known(lines[1].id))
    #expect(known.facts.remote == "192.0.2.7" && known.facts.requestID == "r-1")
    #expect(known.facts.target == Array("/hook?a=1".utf8) && known.secret == lines[1].secret)
    #expect(known.dedupeKey?.isEmpty == false && known.dedupeUntil == bench.now + 345_600_000)
    let other = try #require(try reader.known(lines[0].id))
    #expect(other.dedupeKey == nil && other.dedupeUntil == nil && other.bodyBytes == 2)
    #expect(try reader.known(PublicID(unixMilliseconds: 1, random: (2, 3))) == nil)
  }
}
