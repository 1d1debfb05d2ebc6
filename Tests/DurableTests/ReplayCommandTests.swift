import Foundation
import TestSupport
import Testing

/// Replays that take their time, of a running gateway that may end in the middle.
@Suite(.ownThread) struct ReplayCommandTests {
  /// An app that refuses for good, fails, or takes what comes.
  private final class App: Sendable {
    enum Mood { case refuses, fails, takes }

    private let mood = Locked(Mood.refuses)

    func become(_ new: Mood) { mood.withLock { $0 = new } }

    var reply: UpstreamReply {
      switch mood.withLock({ $0 }) {
      case .refuses: .answer(422, body: "no")
      case .fails: .answer(500, body: "later")
      case .takes: .ok
      }
    }
  }

  /// So many that the app has refused for good.
  private func dead(_ fixture: DurableFixture, _ app: App, _ count: Int) throws -> Set<String> {
    try fixture.startApp { _ in app.reply }
    try fixture.startGateway()
    let ids = Set(try fixture.send(count: count).compactMap(\.id))
    try #require(ids.count == count)
    let meant = "\(count) are meant; nothing was done"
    #expect(eventually { (try? fixture.queue("replay", "--all", "--dry-run").lines) == [meant] })
    return ids
  }

  private func replays(_ fixture: DurableFixture) throws -> [[String: Any]] {
    try fixture.queue("replays", "--json").lines.map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  private func wait(
    _ fixture: DurableFixture, within seconds: Double = 30, _ isSo: ([String: Any]) -> Bool
  ) throws -> [String: Any] {
    var last: [String: Any] = [:]
    let found = eventually(within: seconds) {
      last = (try? replays(fixture).last) ?? [:]
      return isSo(last)
    }
    #expect(found, "\(last)")
    return last
  }

  @Test func `killed in the middle and asked for again, it moves each once while live deliveries come`()
    throws
  {
    let fixture = try DurableFixture()
    let app = App()
    let ids = try dead(fixture, app, 200)
    app.become(.takes)
    let begun = try fixture.queue("replay", "--all", "--yes", "--rate", "100")
    #expect(begun.status == 0 && begun.lines.first == "replay 1 has begun", "\(begun.lines)")
    #expect(begun.lines.allSatisfy { $0.count <= 80 })
    let upstream = try #require(fixture.app)
    var live: Set<String> = []
    // Live ones meanwhile, and an end in the middle.
    for number in 0..<1000 {
      if upstream.requests.filter({ $0.head.value("x-delivery-replay") != nil }).count > 60 { break }
      live.insert(try #require(try fixture.send("{\"live\":\(number)}").id))
    }
    try fixture.killGateway()
    let gateway = try fixture.startGateway()
    let again = try fixture.queue("replay", "--all", "--yes", "--rate", "100", "--wait")
    // It may be that all the rest was moved before anybody could count.
    let isRepeated = again.lines.contains("replay 1 is under way already")
    #expect(again.status == (isRepeated ? 0 : 1), "\(again.lines)")
    let replay = try wait(fixture) { $0["state"] as? String == "done" }
    #expect(replay["moved"] as? Int == 200 && replay["failed"] as? Int == 0 && replay["total"] as? Int == 200)
    #expect(try replays(fixture).count == 1)
    #expect(
      eventually {
        (try? fixture.queue("list", "--state", "delivered", "--json", "--limit", "9999").lines.count)
          == 200 + live.count
      })
    let attempts = upstream.requests.compactMap { request -> String? in
      request.head.value("x-delivery-id").map { "\($0) \(request.head.value("x-delivery-attempt") ?? "")" }
    }
    #expect(Set(attempts).count == attempts.count, "a number of an attempt came twice")
    let replayed = upstream.requests.filter { $0.head.value("x-delivery-replay") == "true" }
      .compactMap { $0.head.value("x-delivery-id") }
    #expect(Set(replayed) == ids && live.isDisjoint(with: replayed))
    // What was under way at the end is sent again, and nothing else.
    #expect(replayed.count <= 200 + 32, "\(replayed.count)")
    #expect(gateway.log.contains { $0.contains("a replay is done") && $0.contains("moved=200") })
  }

  @Test func `it waits while the app fails, and goes on by itself`() throws {
    let fixture = try DurableFixture(breaker: "breaker: {failures: 3, first-seconds: 1, seconds-max: 1}")
    let app = App()
    let ids = try dead(fixture, app, 60)
    app.become(.fails)
    #expect(try fixture.queue("replay", "--all", "--yes", "--rate", "100").status == 0)
    let waiting = try wait(fixture) { $0["waits"] as? String == "/hook" }
    let moved = try #require(waiting["moved"] as? Int)
    #expect(moved < 60 && waiting["state"] as? String == "running")
    usleep(2_500_000)
    #expect(try replays(fixture).first?["moved"] as? Int == moved)
    #expect(try fixture.queue("replays").lines.contains { $0.contains("waits: /hook") })
    app.become(.takes)
    let done = try wait(fixture) { $0["state"] as? String == "done" }
    #expect(done["moved"] as? Int == 60)
    let upstream = try #require(fixture.app)
    #expect(
      eventually(within: 30) {
        Set(upstream.requests.suffix(60 + 60).compactMap { $0.head.value("x-delivery-id") }) == ids
          && (try? fixture.queue("list", "--state", "delivered", "--json", "--limit", "99").lines.count) == 60
      })
  }

  @Test func `where half of the last twenty die again it pauses itself, until somebody resumes it`() throws {
    let fixture = try DurableFixture()
    let app = App()
    _ = try dead(fixture, app, 120)
    #expect(try fixture.queue("replay", "--all", "--yes", "--rate", "50").status == 0)
    let failing = try wait(fixture) { $0["state"] as? String == "failing" }
    #expect(try #require(failing["moved"] as? Int) < 120)
    let gateway = try #require(fixture.gateway)
    let status = try GatewayProcess.command(["status", "--config", gateway.configPath])
    #expect(status.lines.contains { $0.contains("1 replay has paused itself") }, "\(status.lines)")
    try gateway.waitForLog(containing: "a replay has paused itself")
    let told = try fixture.queue("replays").lines
    let sentence = told.prefix(2).map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
    #expect(sentence.hasSuffix("; mend the app, then vesigate queue resume 1"), "\(told)")
    #expect(told.allSatisfy { $0.count <= 80 }, "\(told)")
    app.become(.takes)
    let resumed = try fixture.queue("resume", "1")
    #expect(resumed.status == 0 && resumed.lines.first?.hasPrefix("replay 1 running") == true, "\(resumed)")
    let done = try wait(fixture) { $0["state"] as? String == "done" }
    #expect(done["moved"] as? Int == 120)
    // What died again has had its turn.
    let left = try fixture.queue("list", "--state", "dead", "--json", "--limit", "999").lines.count
    #expect(left == done["failed"] as? Int && left >= 20)
    #expect(gateway.log.contains { $0.contains("a replay was changed") && $0.contains("uid=") })
  }

  @Test func `it is paused, resumed and stopped by its number, and what is wrong is told`() throws {
    let fixture = try DurableFixture()
    let app = App()
    let id = try #require(try dead(fixture, app, 5).first)
    app.become(.takes)
    #expect(try fixture.queue("replay", "--route", "/hook", "--yes", "--rate", "1").status == 0)
    let faster = try fixture.queue("replay", "--route", "/hook", "--yes", "--rate", "2")
    let first = "queue stop 1 first, for another rate"
    #expect(faster.status == 1 && faster.lines.last?.hasSuffix(first) == true, "\(faster)")
    let both = try fixture.queue("pause", "9", "1")
    #expect(both.status == 1 && both.lines.last?.hasPrefix("replay 1 paused") == true, "\(both)")
    #expect(try fixture.queue("pause", "1").status == 1 && fixture.queue("stop", "7").status == 1)
    let shown = try fixture.queue("replays").lines
    #expect(shown.contains { $0.contains("those dead, /hook") } && shown.allSatisfy { $0.count <= 80 })
    let status = try GatewayProcess.command(["status", "--config", #require(fixture.gateway).configPath])
    #expect(status.status == 0)
    #expect(try fixture.queue("resume", "1").status == 0 && fixture.queue("stop", "1").status == 0)
    #expect(try fixture.queue("resume", "1").status == 1)
    #expect(try replays(fixture).map { $0["state"] as? String } == ["stopped"])
    for wrong in [
      ["resume", "1", id], ["replay", id, "--rate", "3"], ["replay", "--all", "--rate", "0"],
      ["replay", "--all", "--rate", "1001"], ["replay", "--all", "--state", "queued", "--rate", "3"],
      ["replay", "--all", "--wait"], ["resume", "--state", "dead"], ["pause"], ["pause", id], ["prune"],
    ] { #expect(try fixture.queue(wrong).status == 64, "\(wrong)") }
  }

  @Test func `lists and changes go on behind a page`() throws {
    let fixture = try DurableFixture()
    try fixture.startGateway()
    _ = try fixture.send("one")
    #expect(fixture.stopGateway() == 0)
    try fixture.edit(
      """
      INSERT INTO delivery(public_id, route, accepted, request_id, remote, method, target, secret, stored_bytes,
          body_bytes, body_digest, seal, held, body_kept)
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<1200)
        SELECT randomblob(16), route, accepted, request_id, remote, method, target, secret, 0, 0, body_digest, seal,
          1, 0 FROM delivery, n WHERE id=1
      """)
    try fixture.edit(
      """
      INSERT INTO job(delivery, lane, state, attempt, budget_from, budget_attempt, late_attempts, ended, reason)
        SELECT id, 1, 3, 1, 0, 0, 0, accepted, 'status' FROM delivery WHERE id>1
      """)
    try fixture.startGateway()
    let rows = try fixture.queue("list", "--state", "dead", "--json", "--limit", "1150").lines
    #expect(rows.count == 1150 && Set(rows).count == 1150)
    #expect(try fixture.queue("list", "--state", "dead", "--json", "--limit", "9999").lines.count == 1200)
    let purged = try fixture.queue("purge", "--state", "dead", "--yes")
    #expect(purged.lines.contains("1000 so far") && purged.lines.last == "1200 deleted", "\(purged)")
  }

  @Test func `what was called off is taken up again`() throws {
    let fixture = try DurableFixture()
    let gateway = try fixture.startGateway()
    let id = try #require(try fixture.send("called off").id)
    try gateway.waitForLog(containing: "outcome=retried")
    #expect(eventually { (try? fixture.queue("cancel", "--yes", id).status) == 0 })
    try fixture.startApp()
    usleep(1_500_000)
    #expect(fixture.app?.requests.isEmpty == true)
    let resumed = try fixture.queue("resume", "--route", "/hook", "--yes")
    #expect(resumed.status == 0 && resumed.lines.last == "1 resumed", "\(resumed.lines)")
    let delivered = try fixture.delivered(1)
    #expect(delivered.map { $0.head.value("x-delivery-id") } == [id])
    #expect(delivered[0].head.value("x-delivery-replay") == nil)
    #expect(gateway.log.contains { $0.contains("change=resume") && $0.contains("uid=") })
    let pruned = try fixture.queue("prune", "--now")
    #expect(pruned.status == 0 && pruned.lines.first?.contains("believed already") == true)
    #expect(gateway.log.contains { $0.contains("the clock was confirmed") && $0.contains("uid=") })
  }
}

extension DurableFixture {
  /// `vesigate queue`, asked of the gateway.
  func queue(_ arguments: String...) throws -> (status: Int32, lines: [String]) { try queue(arguments) }

  func queue(_ arguments: [String]) throws -> (status: Int32, lines: [String]) {
    guard let gateway else { throw FixtureError("no gateway") }
    return try GatewayProcess.command(
      ["queue", arguments[0], "--config", gateway.configPath] + arguments.dropFirst(), within: 60)
  }
}
