import Foundation
import TestSupport
import Testing

/// The apps that docs/apps.md shows, started as it says, behind the built gateway.
@Suite(.ownThread) struct ExampleAppsSlow {
  private static func gateway(_ upstream: String) throws -> GatewayProcess {
    try GatewayProcess(
      config: """
        listen: 127.0.0.1:{port}
        control: "{dir}/control.sock"
        store: {sqlite: "{dir}/queue.db", seal-key-file: "{dir}/seal.key", disk-free-bytes-min: 0}
        routes:
          - path: /webhooks/vesicash
            secret-file: "{dir}/secret"
            upstreams: "\(upstream)"
          - path: /durable/vesicash
            secret-file: "{dir}/secret"
            upstreams: "\(upstream)"
            durable: true
        """)
  }

  private static func delivery(_ reference: String, to path: String = "/webhooks/vesicash") -> SignedRequest {
    let data = "{\"reference\":\"\(reference)\",\"amount\":3.1,\"currency\":\"ZMW\"}"
    return SignedRequest("{\"event\":\"payment.completed\",\"data\":\(data)}").with {
      $0.target = path
      $0.lines.append("Content-Type: application/json")
    }
  }

  @Test(arguments: ExampleApp.all)
  func `an app that is shown does what was verified once, whatever comes twice or ends, and nothing else`(
    example: ExampleApp
  ) throws {
    let app = try RunningExample(example)
    let gateway = try Self.gateway(app.upstream)
    AppTable.example(app, "loopback only") {
      guard try app.isOnLoopbackOnly() else { throw FixtureError("others can reach it") }
    }
    AppTable.example(app, "no mark 403") { try Self.refuse(app) }
    AppTable.example(app, "forged 401") {
      let forged = Self.delivery("FORGED").with {
        $0.secret = "a forger's"
        $0.lines.append("X-Verified: true")
      }
      try Self.expect(401, try gateway.exchange(forged.bytes, seconds: 30).status)
    }
    AppTable.example(app, "answers before it works") {
      // Nobody reads the pipe yet. The same body twice, signed anew, is one delivery; a sender's own id changes nothing.
      for lines in [[], ["X-Delivery-Id: another"]] {
        let delivery = Self.delivery("FIRST").with { $0.lines += lines }
        try Self.expect(200, try gateway.exchange(delivery.bytes, seconds: 30).status)
      }
    }
    AppTable.example(app, "killed, done once") {
      try app.killAndStartAgain()
      try app.payments.open()
      try Self.expectDone("FIRST", app)
      try Self.expect(200, try gateway.exchange(Self.delivery("FIRST").bytes, seconds: 30).status)
      try Self.expectOnce("FIRST", app, gateway, before: "SECOND")
    }
    AppTable.example(app, "durable, replayed, done once") { try Self.replay(app, gateway) }
    AppTable.example(app, "nothing else done") {
      guard app.payments.count(of: "FORGED") + app.payments.count(of: "UNMARKED") == 0 else {
        throw FixtureError("it did what was not verified")
      }
    }
  }

  private static func refuse(_ app: RunningExample) throws {
    let body = String(decoding: delivery("UNMARKED").body, as: UTF8.self)
    for lines in [
      [], ["X-Verified: false"], ["X-Verified: TRUE"], ["X-Verified:"], ["X-Verified-Failed: mismatch"],
    ] {
      try expect(403, try app.direct(lines, body))
    }
  }

  /// A durable route's delivery, sent again by hand: the same id.
  private static func replay(_ app: RunningExample, _ gateway: GatewayProcess) throws {
    let answer = try gateway.exchange(delivery("DURABLE", to: "/durable/vesicash").bytes, seconds: 30)
    guard let id = answer.head.value("x-delivery-id") else {
      throw FixtureError("stored as nothing: \(answer.status)")
    }
    func attempts() -> Int {
      gateway.log.count { $0.contains("msg=attempt outcome=delivered") && $0.contains("delivery=\(id)") }
    }
    try expectDone("DURABLE", app)
    guard eventually(within: 20, { attempts() == 1 }) else { throw FixtureError("it was not delivered") }
    let replayed = try GatewayProcess.command([
      "queue", "replay", "--config", gateway.configPath, "--yes", id,
    ])
    guard replayed.status == 0, eventually(within: 20, { attempts() == 2 }) else {
      throw FixtureError("it was not sent again: \(replayed.lines)")
    }
    try expectOnce("DURABLE", app, gateway, before: "THIRD")
  }

  // MARK: What must come of it

  private static func expect(_ status: Int, _ seen: Int) throws {
    guard seen == status else { throw FixtureError("\(status) became \(seen)") }
  }

  private static func expectDone(_ reference: String, _ app: RunningExample) throws {
    guard eventually(within: 20, { app.payments.count(of: reference) > 0 }) else {
      throw FixtureError("the work for \(reference) was never done")
    }
  }

  /// Work is done in the order in which it came: once the next is done, a repetition of this would have been.
  private static func expectOnce(
    _ reference: String, _ app: RunningExample, _ gateway: GatewayProcess, before next: String
  ) throws {
    try expect(200, try gateway.exchange(delivery(next).bytes, seconds: 30).status)
    try expectDone(next, app)
    let count = app.payments.count(of: reference)
    guard count == 1 else { throw FixtureError("\(reference) was done \(count) times") }
  }
}
