import Foundation
import TestSupport
import Testing

/// `vesigate queue`, asked of a running gateway over its control socket.
@Suite(.ownThread) struct QueueCommandTests {
  private func queue(_ fixture: DurableFixture, _ arguments: String...) throws -> (
    status: Int32, lines: [String]
  ) {
    let config = try #require(fixture.gateway).configPath
    return try GatewayProcess.command(["queue", arguments[0], "--config", config] + arguments.dropFirst())
  }

  @Test func `what waits is listed, shown with its attempts, and called off`() throws {
    let fixture = try DurableFixture()
    let gateway = try fixture.startGateway()
    let ids = try fixture.send(count: 3).compactMap(\.id)
    try #require(ids.count == 3)
    try gateway.waitForLog(containing: "outcome=retried")
    let listed = try queue(fixture, "list")
    #expect(listed.status == 0 && listed.lines.count == 6)
    #expect(
      listed.lines[0].hasPrefix(ids[2]) && listed.lines.allSatisfy { $0.count <= 80 }, "\(listed.lines)")
    let rows = try queue(fixture, "list", "--json", "--state", "queued", "--route", "/hook").lines
    let objects = try rows.map { try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] }
    #expect(objects.compactMap { $0?["id"] as? String }.allSatisfy { ids.contains($0) })
    #expect(objects.allSatisfy { $0?["route"] as? String == "/hook" && $0?["attempts"] is Int })
    let shown = try queue(fixture, "show", ids[0])
    #expect(shown.status == 0 && shown.lines.contains { $0.contains("upstream-connect") }, "\(shown.lines)")
    // What waits is neither deleted nor sent again, and a dry run does not count it.
    for dry in [[], ["--dry-run"]] {
      let arguments = dry + ["--yes", ids[0]]
      let purged = try fixture.queue(["purge"] + arguments)
      let why = #/^vesigate: \S+ is (queued; it still waits: queue cancel it first|sending; only what .*)$/#
      #expect(try purged.status == 1 && purged.lines.count == 1 && purged.lines[0].contains(why), "\(purged)")
      let replayed = try fixture.queue(["replay"] + arguments)
      #expect(replayed.status == 1 && replayed.lines.count == 1, "\(replayed)")
      #expect(replayed.lines[0].hasSuffix("only what is dead, delivered or cancelled can be sent again"))
    }
    #expect(eventually { (try? queue(fixture, "cancel", "--yes", ids[1]).status) == 0 })
    #expect(try queue(fixture, "list", "--state", "cancelled").lines.first?.hasPrefix(ids[1]) == true)
    try fixture.startApp()
    #expect(try fixture.delivered(2).count == 2)
    #expect(gateway.log.contains { $0.contains("change=cancel") && $0.contains("uid=") })
  }

  @Test func `what is dead is sent again, with a number of its own and the word that it is a replay`() throws
  {
    let fixture = try DurableFixture()
    let isMended = Flag()
    let app = try fixture.startApp { _ in isMended.isSet ? .ok : .answer(422, body: "the app says no") }
    let gateway = try fixture.startGateway()
    let ids = try fixture.send(count: 2).compactMap(\.id)
    _ = try app.requests(atLeast: 2)
    #expect(eventually { gateway.log.filter { $0.contains("outcome=dead") }.count == 2 })
    let shown = try queue(fixture, "show", ids[0]).lines
    #expect(shown.contains { $0.contains("the app says no") })
    #expect(shown.contains { $0.hasPrefix("  dead 20") && $0.hasSuffix(" UTC") }, "\(shown)")
    let ended = #/^  dead \d+ s ago, accepted \d+ s ago, 1 attempt, 422 status$/#
    #expect(try shown[1].contains(ended), "\(shown)")
    let dry = try queue(fixture, "replay", "--all", "--dry-run")
    #expect(dry.status == 0 && dry.lines == ["2 are meant; nothing was done"], "\(dry.lines)")
    // Nobody says yes.
    let unasked = try queue(fixture, "replay", "--all")
    let asked = "Send 2 dead deliveries, of all routes again? [y/N] "
    #expect(unasked.status == 1 && unasked.lines == [asked, "nothing was done"], "\(unasked)")
    let one = try queue(fixture, "purge", ids[0])
    #expect(one.lines == ["Delete 1 dead delivery? [y/N] ", "nothing was done"], "\(one)")
    #expect(app.requests.count == 2)
    isMended.set()
    let replayed = try queue(fixture, "replay", "--all", "--yes")
    #expect(replayed.status == 0 && replayed.lines.last == "2 queued again", "\(replayed.lines)")
    let again = try fixture.delivered(4).suffix(2)
    #expect(again.allSatisfy { $0.head.value("x-delivery-replay") == "true" })
    #expect(again.allSatisfy { $0.head.value("x-delivery-attempt") == "2" })
    #expect(Set(again.compactMap { $0.head.value("x-delivery-id") }) == Set(ids))
    let nothing = try queue(fixture, "replay", "--all", "--yes")
    #expect(nothing.status == 1 && nothing.lines == ["no stored delivery matches"], "\(nothing)")
    // One that is asked for each night is no error where there is nothing.
    let none = try queue(fixture, "purge", "--state", "cancelled", "--until", "30d", "--yes")
    #expect(none.status == 0 && none.lines == ["no stored delivery matches"], "\(none)")
    #expect(try queue(fixture, "purge", "--all", "--yes").status == 64)
    let purged = try queue(fixture, "purge", "--yes", ids[0])
    #expect(purged.status == 0 && purged.lines.last == "1 deleted", "\(purged.lines)")
    let gone = try queue(fixture, "show", ids[0])
    #expect(gone.status == 1 && gone.lines == ["vesigate: no delivery has the id \(ids[0])"], "\(gone)")
    #expect(try queue(fixture, "list", "--state", "delivered").lines.first?.hasPrefix(ids[1]) == true)
  }

  @Test func `a repetition of what is dead has it sent again`() throws {
    let fixture = try DurableFixture()
    let app = try fixture.startApp { $0.head.value("x-delivery-attempt") == "1" ? .answer(410) : .ok }
    let gateway = try fixture.startGateway()
    let first = try fixture.send("resend")
    try gateway.waitForLog(containing: "outcome=dead")
    let second = try fixture.send("resend")
    #expect(second.status == 200 && second.id == first.id)
    let delivered = try fixture.delivered(2)
    #expect(delivered.map { $0.head.value("x-delivery-attempt") } == ["1", "2"])
    #expect(app.requests.allSatisfy { $0.head.value("x-delivery-id") == first.id })
  }

  @Test
  func `what means nothing is told as wrong usage, and without a durable route there is nothing to ask`()
    throws
  {
    let fixture = try DurableFixture()
    try fixture.set(durable: "false")
    try fixture.startGateway()
    #expect(try queue(fixture, "list").status == 69)
    #expect(try queue(fixture, "replay").status == 64)
    #expect(try queue(fixture, "cancel", "--all", "an-id").status == 64)
    #expect(try queue(fixture, "list", "--since", "yesterday").status == 64)
    let state = try queue(fixture, "list", "--state", "foo")
    #expect(state.status == 64)
    let states = "--state is queued, sending, delivered, dead, cancelled or orphaned"
    #expect(state.lines.contains { $0.contains(states) }, "\(state.lines)")
    for verb in ["show", "body", "replay", "cancel", "purge", "resume"] {
      let wrong = try queue(fixture, verb, "nonsense")
      #expect(wrong.status == 64, "\(verb)")
      #expect(wrong.lines.contains { $0.contains("nonsense is no delivery's id") }, "\(wrong.lines)")
    }
    let config = try #require(fixture.gateway).configPath
    for verb in ["show", "release", "drop"] {
      let wrong = try GatewayProcess.command(["quarantine", verb, "zzz", "--config", config])
      #expect(wrong.status == 64, "\(verb)")
    }
  }

  @Test func `what waits for a route that is paused says so`() throws {
    let fixture = try DurableFixture(breaker: "breaker: {failures: 1, first-seconds: 60, seconds-max: 60}")
    let gateway = try fixture.startGateway()
    _ = try fixture.send("{}")
    try gateway.waitForLog(containing: "outcome=retried")
    var listed: [String] = []
    let isTold = eventually {
      listed = (try? queue(fixture, "list").lines) ?? []
      return listed.contains { $0.hasPrefix("  waits, the route is paused for ") }
    }
    #expect(isTold && listed.allSatisfy { $0.count <= 80 }, "\(listed)")
    let id = try #require(listed.first?.split(separator: " ").first)
    let shown = try queue(fixture, "show", String(id)).lines
    #expect(shown.contains { $0.hasPrefix("  waits, the route is paused for ") }, "\(shown)")
  }

  @Test func `of several upstreams show names the one that an attempt ended with`() throws {
    let second = try RecordingUpstream { _ in .ok }
    let fixture = try DurableFixture(upstreams: [second.url()])
    try fixture.startGateway()
    let id = try #require(try fixture.send("{}").id)
    var shown: [String] = []
    // The first one does not listen, so nothing was sent to it.
    let isTold = eventually {
      shown = (try? queue(fixture, "show", id).lines) ?? []
      return shown.contains("     -> \(second.url())")
    }
    #expect(isTold && second.requests.count == 1, "\(shown)")
  }

  @Test func `what matches nothing says so beside an empty list, and which routes there are`() throws {
    let fixture = try DurableFixture(route: "quarantine: {hours: 1}")
    let gateway = try fixture.startGateway()
    func output(_ command: String, _ arguments: String...) throws -> [String] {
      let ran = try GatewayProcess.command([command, "list", "--config", gateway.configPath] + arguments)
      #expect(ran.status == 0, "\(ran.lines)")
      return ran.lines
    }
    let none = "no durable route is called /nosuch; there is /hook"
    #expect(try output("queue", "--state", "dead") == ["nothing in the store matches"])
    #expect(try output("queue", "--route", "/nosuch") == [none])
    #expect(try output("quarantine") == ["nothing is kept"])
    #expect(try output("quarantine", "--route", "/nosuch") == [none])
    // Programs read an empty list.
    for command in ["queue", "quarantine"] {
      let script = "\"$0\" \(command) list --json --config \"$1\" 2>/dev/null"
      let child = try ChildProcess(
        ["sh", "-c", script, try GatewayBinary.path(), gateway.configPath],
        environment: ["PATH": "/usr/bin:/bin"])
      #expect(child.waitForExit(within: 30) == 0 && child.lines == [], "\(child.lines)")
    }
  }

  @Test func `the status tells what waits, is dead and is paused, and metrics count it`() throws {
    let fixture = try DurableFixture(durable: "concurrent-max: 1")
    let gateway = try fixture.startGateway()
    _ = try fixture.send(count: 3)
    try gateway.waitForLog(containing: "outcome=retried")
    let status = try GatewayProcess.command(["status", "--config", gateway.configPath])
    #expect(status.lines.contains { $0.contains("queue") && $0.contains("queued") }, "\(status.lines)")
    #expect(status.lines.contains { $0.contains("stored") && $0.contains("duplicate") })
  }
}

/// Set once, seen by whoever asks.
final class Flag: Sendable {
  private let state = Locked(false)

  var isSet: Bool { state.withLock { $0 } }

  func set() { state.withLock { $0 = true } }
}
