import Foundation
import TestSupport
import Testing

/// Apps on the servers that apps are run by, behind the built gateway: what worked behind libcurl goes on working.
@Suite(.ownThread) struct AppServersSlow {
  @Test(arguments: AppServer.all)
  func `an app gets what was sent and its sender gets what it answered, in whatever way it says that`(
    server: AppServer
  ) throws {
    let app = try RunningApp(server, keepAliveSeconds: 20)
    let fixture = try AppFixture(app)
    for behaviour in Behaviour.allCases {
      if let lack = server.lacks[behaviour] {
        AppTable.note(server, behaviour.rawValue, "- (\(lack))")
      } else {
        AppTable.cell(server, behaviour.rawValue, app) {
          try behaviour.run(fixture, app)
        }
      }
    }
    // Whatever was answered, and whether its sender could tell or not.
    AppTable.cell(server, "log", app) {
      let failed = fixture.gateway.log.filter { $0.contains("reason=upstream-") && !$0.contains("/dying") }
      guard failed.isEmpty else { throw FixtureError("\(failed.count) failures: \(failed[0])") }
      return "clean"
    }
  }

  @Test(arguments: AppServer.all.filter { $0.keepAliveSeconds != nil })
  func `at an app's keep-alive time-out nothing is lost but what the dead connection may have carried`(
    server: AppServer
  ) throws {
    let seconds = try #require(server.keepAliveSeconds)
    let app = try RunningApp(server, keepAliveSeconds: seconds)
    let fixture = try AppFixture(app, routes: 8)
    AppTable.cell(server, "keep-alive race", app) {
      let race = KeepAliveRace(fixture, expirySeconds: seconds)
      let tally = race.run(senders: 8, tries: seconds < 1 ? 40 : 8)
      try Self.judge(tally, race.told, app.notes, fixture.gateway)
      return "\(tally.reused) kept, \(tally.fresh) new, \(tally.dead) dead"
    }
  }

  private static func judge(
    _ tally: KeepAliveRace.Tally, _ told: [AppSender.Receipt], _ notes: [RunningApp.Note],
    _ gateway: GatewayProcess
  ) throws {
    guard tally.violations.isEmpty else { throw FixtureError(tally.violations.joined(separator: "; ")) }
    let seen = Dictionary(grouping: notes, by: \.number).mapValues(\.count)
    for receipt in told {
      let count = seen[receipt.number] ?? 0
      guard receipt.status == 200 ? count == 1 : receipt.status == 502 && count <= 1 else {
        throw FixtureError(
          "delivery \(receipt.number) was answered \(receipt.status) and seen \(count) times")
      }
    }
    // Whatever was lost, its connection had served before and died with the delivery on it. A line of the log may come
    // after the answer.
    func failures(_ kind: String = "") -> Int { gateway.log.count { $0.contains("reason=upstream-" + kind) } }
    eventually { failures() >= tally.dead }
    let (dead, failed) = (failures("dead-connection"), failures())
    guard dead == tally.dead, failed == dead else {
      throw FixtureError("\(tally.dead) lost, of \(failed) failures \(dead) were dead connections")
    }
    // On both sides of that instant.
    guard tally.reused > 0, tally.fresh > 0 else { throw FixtureError("no race: \(tally)") }
  }

  @Test(arguments: AppServer.all.filter { $0.keepAliveSeconds != nil })
  func `with the app's time-out over the gateway's own nothing is lost at all`(server: AppServer) throws {
    let app = try RunningApp(server, keepAliveSeconds: 2)
    let fixture = try AppFixture(app, routes: 8, idleSeconds: 1)
    AppTable.cell(server, "1 s before 2 s", app) {
      let race = KeepAliveRace(fixture, expirySeconds: 1)
      let tally = race.run(senders: 8, tries: 6)
      try Self.judge(tally, race.told, app.notes, fixture.gateway)
      guard tally.dead == 0 else { throw FixtureError("\(tally.dead) were lost") }
      return "\(tally.reused) kept, \(tally.fresh) new"
    }
  }

  @Test(arguments: AppServer.all)
  func `while an app is reloaded all that is delivered arrives unaltered, and twice only what was sent twice`(
    server: AppServer
  ) throws {
    let app = try RunningApp(server, keepAliveSeconds: 5)
    let fixture = try AppFixture(app)
    AppTable.cell(server, "reload", app) {
      let senders = ReloadedApp(fixture)
      let sent = try senders.run(senders: 4) {
        for _ in 0..<3 {
          usleep(700_000)
          try app.reload()
        }
        let before = senders.count
        eventually(within: 20) { senders.count > before + 10 }
      }
      return try Self.judge(sent, app.notes) + fixture.reasons
    }
  }

  private static func judge(_ sent: [ReloadedApp.Sent], _ notes: [RunningApp.Note]) throws -> String {
    let seen = Dictionary(grouping: notes, by: \.number)
    for one in sent {
      let own = seen[one.number] ?? []
      guard (1...one.attempts).contains(own.count), own.allSatisfy({ $0.digest == one.digest }) else {
        throw FixtureError("delivery \(one.number), sent \(one.attempts) times, was seen as \(own)")
      }
    }
    guard sent.count > 10 else { throw FixtureError("no more than \(sent.count) deliveries") }
    let again = sent.reduce(0) { $0 + $1.attempts - 1 }
    return "\(sent.count) sent, \(again) again"
  }
}
