import Foundation
import TestSupport
import Testing

/// A secret that others have: what they signed is in the quarantine, and in the queue.
@Suite(.ownThread) struct CompromisedTests {
  private static let new = "a new secret that nobody else has"

  /// As an operator does who has heard that it is stolen.
  private func replaceSecret(_ fixture: DurableFixture, by secret: String) throws {
    let gateway = try #require(fixture.gateway)
    let entered = try fixture.directory.write("entered", secret + "\n")
    let command = [
      "sh", "-c", "exec \"$0\" secret set --compromised --config \"$1\" < \"$2\"", try GatewayBinary.path(),
      gateway.configPath, entered,
    ]
    let child = try ChildProcess(command, environment: ["PATH": "/usr/bin:/bin"])
    #expect(child.waitForExit(within: 30) == 0, "\(child.lines)")
  }

  private func kept(_ fixture: DurableFixture, _ count: Int) -> Bool {
    eventually(within: 30) {
      (try? fixture.metrics().contains("vesigate_quarantined{route=\"/hook\"} \(count)")) ?? false
    }
  }

  private func putBack(_ secret: String, _ fixture: DurableFixture, reloads: Int) throws {
    let gateway = try #require(fixture.gateway)
    try fixture.directory.write("secret", secret + "\n")
    gateway.signal(SIGHUP)
    #expect(eventually { gateway.log.filter { $0.contains("msg=reloaded") }.count == reloads })
  }

  @Test(arguments: [false, true])
  func `what a compromised secret signed stays in quarantine, should that secret come back`(restarts: Bool)
    throws
  {
    let fixture = try DurableFixture(route: "quarantine: {per-second-max: 1000}")
    let app = try fixture.startApp()
    try fixture.startGateway()
    try replaceSecret(fixture, by: Self.new)
    // The first may come upon a rotation that has just ended.
    for number in 0..<2 { #expect([401, 503].contains(try fixture.send("{\"number\":\(number)}").status)) }
    #expect(kept(fixture, 2))
    // It is known when nobody remembers that rotation any more, too.
    if restarts {
      #expect(fixture.stopGateway() == 0)
      try fixture.startGateway()
    }
    let gateway = try #require(fixture.gateway)
    try putBack(GatewayProcess.secret, fixture, reloads: 1)
    let judged = try gateway.waitForLog(containing: "the quarantine was judged by other secrets")
    #expect(judged.contains("compromised=2") && judged.contains("released=0"), "\(judged)")
    let told = try gateway.waitForLog(containing: "a secret that was compromised is in force again")
    #expect(told.contains("file=") && !told.contains(GatewayProcess.secret), "\(told)")
    let released = try GatewayProcess.command(
      ["quarantine", "release", "--yes", "--config", gateway.configPath])
    #expect(released.status == 1)
    #expect(released.lines == ["0 queued, 2 by a secret alone that was compromised"], "\(released.lines)")
    #expect(app.requests.isEmpty && kept(fixture, 2))
    // What another secret signs is let out as ever.
    let other = "another one, by which nothing is wrong"
    let signed = SignedRequest("{\"number\":3}").with { $0.secret = other }
    #expect(try fixture.send(signed).status == 401)
    try putBack(other, fixture, reloads: 2)
    #expect(try fixture.delivered(1).map(\.body) == [signed.body])
  }

  @Test func `what a secret has verified is found by its fingerprint, and called off by it`() throws {
    let fixture = try DurableFixture()
    let gateway = try fixture.startGateway()
    try fixture.directory.write("secret", GatewayProcess.secret + "\n" + Self.new + "\n")
    gateway.signal(SIGHUP)
    try gateway.waitForLog(containing: "msg=reloaded")
    let stolen = try fixture.send("{\"number\":1}").id
    let good = try fixture.send(SignedRequest("{\"number\":2}").with { $0.secret = Self.new }).id
    let rows = try fixture.queue(["list", "--json"]).lines.compactMap {
      try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }
    let by = { (id: String?) in rows.first { $0["id"] as? String == id }?["secret"] as? String }
    let secret = try #require(by(stolen))
    #expect(secret.count == 8 && by(good) != secret)
    #expect(try fixture.queue(["show", stolen ?? ""]).lines.contains { $0.hasSuffix("by secret \(secret)") })
    let listed = try fixture.queue(["list", "--secret", secret])
    #expect(listed.lines.first?.hasPrefix(stolen ?? "-") == true && listed.lines.count < 4, "\(listed)")
    #expect(try fixture.queue(["list", "--secret", "00000000"]).lines == ["nothing in the store matches"])
    let wrong = try fixture.queue(["list", "--secret", GatewayProcess.secret])
    #expect(wrong.status == 64 && !wrong.lines.joined().contains(GatewayProcess.secret), "\(wrong)")
    // It may be under way just then.
    #expect(eventually { (try? fixture.queue(["cancel", "--secret", secret, "--yes"]).status) == 0 })
    try fixture.startApp()
    #expect(try fixture.delivered(1).map { $0.head.value("x-delivery-id") } == [good])
    let replayed = try fixture.queue(
      ["replay", "--state", "cancelled", "--secret", secret, "--rate", "100", "--yes"])
    #expect(replayed.lines.contains { $0.contains("by secret \(secret)") }, "\(replayed)")
    #expect(try fixture.delivered(2).last?.head.value("x-delivery-id") == stolen)
  }
}
