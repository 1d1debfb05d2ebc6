import Foundation
import TestSupport
import Testing

/// What is stored, found by what is in it, and what is known of one.
@Suite(.ownThread) struct SearchTests {
  /// What the daemon says to a question, as its pages ask it too.
  private func ask(_ fixture: DurableFixture, _ question: [String: Any]) throws -> [String: Any] {
    let client = try RawClient(unixPath: fixture.directory.path + "/control.sock")
    let json = try JSONSerialization.data(withJSONObject: question)
    client.offer(Array("queue ".utf8) + Array(json) + [0x0A])
    let answer = try JSONSerialization.jsonObject(with: Data(try client.readToEnd()))
    return try #require(answer as? [String: Any])
  }

  private func ids(_ listed: (status: Int32, lines: [String])) -> [String] {
    listed.lines.filter { !$0.hasPrefix(" ") }.map { String($0.prefix(36)) }
  }

  @Test func `stored deliveries are found by the app's answer and by a text in their bodies`() throws {
    let fixture = try DurableFixture()
    let app = try fixture.startApp { request in
      String(decoding: request.body, as: UTF8.self).contains("bad") ? .answer(422, body: "no") : .ok
    }
    let gateway = try fixture.startGateway()
    let bodies = [
      "{\"reference\":\"VC-1\"}", "{\"reference\":\"VC-2\",\"a\":\"bad\"}", "{\"reference\":\"VC-12\"}",
    ]
    let sent = try bodies.map { try #require(try fixture.send($0).id) }
    _ = try app.requests(atLeast: 3)
    #expect(eventually { (try? fixture.queue("list", "--state", "delivered").lines.count) == 4 })
    #expect(eventually { (try? fixture.queue("list", "--state", "dead").lines.count) == 2 })
    #expect(try ids(fixture.queue("list", "--status", "422")) == [sent[1]])
    #expect(try ids(fixture.queue("list", "--status", "200")) == [sent[2], sent[0]])
    #expect(try ids(fixture.queue("list", "--text", "VC-1")) == [sent[2], sent[0]])
    #expect(try ids(fixture.queue("list", "--text", "VC-", "--status", "422")) == [sent[1]])
    #expect(try fixture.queue("list", "--text", "vc-1").lines == ["nothing in the store matches"])
    #expect(try fixture.queue("list", "--status", "42").status == 64)
    #expect(try fixture.queue("list", "--text", String(repeating: "x", count: 257)).status == 64)
    // A status narrows changes down, too; at a rate as well.
    let dry = try fixture.queue("purge", "--status", "200", "--state", "delivered", "--dry-run")
    #expect(dry.lines == ["2 are meant; nothing was done"], "\(dry)")
    let replayed = try fixture.queue("replay", "--status", "422", "--rate", "100", "--yes")
    #expect(replayed.status == 0, "\(replayed)")
    #expect(eventually { gateway.log.filter { $0.contains("outcome=dead") }.count == 2 })
    let answer = try ask(fixture, ["verb": "list", "text": "VC-1", "limit": 1, "hurried": true])
    #expect(answer["looked"] as? Int == 1 && (answer["jobs"] as? [Any])?.count == 1, "\(answer)")
    let count = try ask(fixture, ["verb": "count", "text": "VC-1", "countMax": 10])
    #expect(count["count"] as? Int == 2 && count["looked"] as? Int == 3, "\(count)")
    // What a text finds can be changed, a page at a time; at a rate it cannot.
    let purged = try ask(fixture, ["verb": "purge", "text": "VC-12"])
    #expect(purged["ok"] as? Bool == true && purged["count"] as? Int == 1, "\(purged)")
    #expect(try ids(fixture.queue("list")) == [sent[1], sent[0]])
    let rated = try ask(fixture, ["verb": "replay-begin", "text": "VC", "rate": 1])
    #expect(rated["ok"] as? Bool == false && (rated["message"] as? String)?.contains("text") == true)
  }

  @Test func `what a text is searched for in part is not changed`() throws {
    let fixture = try DurableFixture()
    try fixture.startGateway()
    _ = try #require(try fixture.send("{\"a\":\"needle\"}").id)
    #expect(fixture.stopGateway() == 0)
    let numbers = "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i+1 FROM n WHERE i<10101)"
    try fixture.edit(
      """
      INSERT INTO delivery \(numbers) SELECT i, randomblob(16), route, accepted, signed, request_id, remote, method, target,
        secret, stored_bytes, body_bytes, body_digest, seal, NULL, held, final, body_kept FROM delivery JOIN n WHERE id=1
      """)
    try fixture.edit("INSERT INTO body SELECT id, x'00', x'00' FROM delivery WHERE id>1")
    try fixture.edit(
      """
      INSERT INTO job(delivery, lane, state, attempt, budget_from, budget_attempt, late_attempts, due) SELECT d.id, j.lane, 4, 0,
        0, 0, 0, NULL FROM job j JOIN delivery d WHERE d.id>1 AND j.delivery=1
      """)
    try fixture.startGateway()
    let count = try ask(fixture, ["verb": "count", "text": "needle"])
    #expect(count["cut"] as? Bool == true && count["looked"] as? Int == 10_000, "\(count)")
    let changed = try ask(fixture, ["verb": "cancel", "text": "needle"])
    #expect(changed["ok"] as? Bool == false, "\(changed)")
    #expect((changed["message"] as? String)?.contains("narrow it down") == true, "\(changed)")
    let narrow = try ask(fixture, ["verb": "cancel", "text": "needle", "state": "queued"])
    #expect(narrow["ok"] as? Bool == true && narrow["count"] as? Int == 1, "\(narrow)")
  }

  @Test func `a delivery's head is given with what is known of it, and what is known when the rest is gone`()
    throws
  {
    let fixture = try DurableFixture(store: "delivered-body-hours: 0")
    let gateway = try fixture.startGateway()
    let request = SignedRequest("{\"paid\":true}").with { $0.target = "/hook?a=1" }
    let id = try #require(try fixture.send(request).id)
    func head() throws -> (part: [String: Any], stored: [String: Any], message: String) {
      let answer = try ask(fixture, ["verb": "head", "id": id])
      let part = try #require(answer["part"] as? [String: Any], "\(answer)")
      return (
        part, try #require(part["stored"] as? [String: Any]), answer["message"] as? String ?? ""
      )
    }
    let found = try head()
    let data = try #require((found.part["data"] as? String).flatMap { Data(base64Encoded: $0) })
    let text = String(decoding: data, as: UTF8.self)
    #expect(text.hasPrefix("POST /hook?a=1 HTTP/1.1\r\n") && text.hasSuffix("\r\n\r\n"), "\(text)")
    #expect(!text.contains("paid") && found.part["bytesTotal"] as? Int == data.count)
    #expect(found.stored["remote"] as? String == "127.0.0.1" && found.stored["method"] as? String == "POST")
    #expect((found.stored["dedupeKey"] as? String)?.isEmpty == false && found.stored["dedupeUntil"] is Int)
    #expect(gateway.log.contains { $0.contains("read=head") && $0.contains("uid=") })
    try fixture.startApp()
    _ = try fixture.delivered(1)
    #expect(eventually { (try? fixture.queue("list", "--state", "delivered").lines.count) == 2 })
    #expect(try fixture.queue("prune", "--now").status == 0)
    #expect(eventually { (try? fixture.queue("body", id).status) == 1 })
    let left = try head()
    #expect(left.part["bytesTotal"] as? Int == 0 && left.message.contains("is gone"))
    #expect(left.stored["requestID"] as? String == found.stored["requestID"] as? String)
    let unknown = try ask(fixture, ["verb": "head", "id": "01932f0c-5f3e-7a41-9d52-0c6f1b7e9a10"])
    #expect(unknown["refusal"] as? String == "absent", "\(unknown)")
  }

  @Test func `a head that was changed in the file is not shown`() throws {
    let fixture = try DurableFixture()
    try fixture.startGateway()
    let id = try #require(try fixture.send("{}").id)
    #expect(fixture.stopGateway() == 0)
    try fixture.edit("UPDATE delivery SET remote='192.0.2.9'")
    try fixture.startGateway()
    let answer = try ask(fixture, ["verb": "head", "id": id])
    #expect(answer["refusal"] as? String == "unsealed" && answer["part"] is NSNull?, "\(answer)")
  }

  @Test(.enabled(if: geteuid() == 0, "only root can be somebody else"))
  func `texts in bodies are not for others who may open the socket`() throws {
    let fixture = try DurableFixture()
    let gateway = try fixture.startGateway()
    _ = try #require(try fixture.send("{\"a\":\"needle\"}").id)
    chmod(fixture.directory.path, 0o755)
    chmod(fixture.directory.path + "/control.sock", 0o666)
    for (arguments, status) in [([], 0), (["--text", "needle"], 77)] {
      let child = try ChildProcess(
        [
          "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", try GatewayBinary.publicPath(),
          "queue", "list", "--config", gateway.configPath,
        ] + arguments, environment: ["PATH": "/usr/bin:/bin"])
      #expect(child.waitForExit(within: 30) == Int32(status), "\(arguments): \(child.lines)")
    }
  }
}
