import Foundation
import TestSupport
import Testing

/// Test deliveries, as an operator has them made on the inspector's page.
@Suite(.ownThread) struct TestDeliveryTests {
  private func fixture(
    _ route: String, top: String = "",
    _ script: @escaping @Sendable (RecordedRequest) -> UpstreamReply = { _ in .ok }
  ) throws -> GatewayFixture {
    let operators =
      "control: {dir}/control.sock\nadmin: none\ninspector: {listen: \"unix:{dir}/inspector.sock\"}\n"
    return try GatewayFixture(route: route, top: operators + top, script)
  }

  /// What the page says of it, behind the form that asks for it.
  private func ask(_ fixture: GatewayFixture, _ form: String) throws -> (status: Int, page: String) {
    let client = try RawClient(unixPath: fixture.gateway.directory.path + "/inspector.sock")
    let lines = [
      "POST /test HTTP/1.1", "Host: localhost", "Sec-Fetch-Site: same-origin",
      "Content-Type: application/x-www-form-urlencoded", "Content-Length: \(form.utf8.count)", "", form,
    ]
    client.offer(Array(lines.joined(separator: "\r\n").utf8))
    let reply = try client.response(to: "POST")
    guard reply.status == 303, let place = reply.head.value("location") else {
      return (reply.status, reply.text)
    }
    client.offer(Array("GET \(place) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
    let page = try client.response(to: "GET")
    return (page.status, page.text)
  }

  @Test func `the app gets it verified and marked, the page has its answer, and the log has who`() throws {
    let fixture = try fixture("test: true") { _ in .answer(207, body: "the app's own words") }
    let asked = try ask(fixture, "route=%2Fhook&event=payout.failed")
    #expect(asked.status == 200 && asked.page.contains("the app&#39;s own words"), "\(asked.page)")
    let request = try fixture.upstream.onlyRequest()
    #expect(request.head.values("x-verified") == ["true"])
    #expect(request.head.values("x-delivery-test") == ["true"])
    #expect(!request.head.has("mor-signature"))
    #expect(String(decoding: request.body, as: UTF8.self).hasPrefix(#"{"event":"payout.failed""#))
    let line = try fixture.gateway.waitForLog(containing: "a test delivery was made")
    #expect(line.contains("route=/hook") && line.contains("uid=\(getuid())"))
    #expect(line.contains("outcome=forwarded"))
    let delivery = try fixture.gateway.waitForLog(containing: "msg=delivery")
    #expect(delivery.contains("test=true") && delivery.contains("remote=test:"))
  }

  @Test func `on a durable route each attempt is marked, a replay's too`() throws {
    let store = "store: {sqlite: {dir}/queue.db, seal-key-file: {dir}/seal.key, disk-free-bytes-min: 0}"
    let durable = "test: true\ndurable: {retry: {first-seconds: 1, seconds-max: 1, jitter-percent: 0}}"
    let fixture = try fixture(durable, top: store) { request in
      request.head.value("x-delivery-attempt") == "1" ? .answer(503) : .ok
    }
    #expect(try ask(fixture, "route=%2Fhook").page.contains("stored"))
    let id = try #require(fixture.upstream.requests(atLeast: 2)[0].head.value("x-delivery-id"))
    _ = try fixture.gateway.waitForLog(containing: "outcome=delivered")
    let config = fixture.gateway.configPath
    let replayed = try GatewayProcess.command(["queue", "replay", id, "--yes", "--config", config])
    #expect(replayed.status == 0, "\(replayed.lines)")
    let requests = try fixture.upstream.requests(atLeast: 3)
    #expect(requests[2].head.has("x-delivery-replay"))
    for request in requests {
      #expect(request.head.values("x-delivery-test") == ["true"] && request.head.has("x-verified"))
      #expect(!request.head.has("mor-signature"))
    }
  }

  @Test func `without test: true none is made, whatever is asked for`() throws {
    let fixture = try fixture("")
    for form in ["route=%2Fhook", "route=%2Fhook&event=ping", "route=", "", "route=%2Fhook&test=true"] {
      #expect(try ask(fixture, form).status == 403, "\(form)")
    }
    #expect(fixture.upstream.requests.isEmpty)
    try fixture.expectServing()
  }

  /// The page goes by what it knew; what counts is what the loops go by.
  @Test func `once a reload has taken test: true away none is made`() throws {
    let fixture = try fixture("test: true")
    _ = try ask(fixture, "route=%2Fhook")
    #expect(try fixture.upstream.requests(atLeast: 1).count == 1)
    let config = try String(contentsOfFile: fixture.gateway.configPath, encoding: .utf8)
    try fixture.gateway.writeConfig(config.replacing("test: true", with: "test: false"))
    fixture.gateway.signal(SIGHUP)
    _ = try fixture.gateway.waitForLog(containing: "generation=2")
    #expect(try ask(fixture, "route=%2Fhook").status == 403)
    try fixture.expectServing(after: 1)
  }

  @Test func `no sender's own word makes a test of his delivery`() throws {
    let fixture = try fixture("test: true")
    let request = SignedRequest().with { $0.lines += ["X-Delivery-Test: true", "x-deliverytest: true"] }
    #expect(try fixture.gateway.exchange(request.bytes).status == 200)
    let seen = try fixture.upstream.onlyRequest()
    #expect(seen.head.has("x-verified"))
    #expect(seen.head.fields.allSatisfy { !$0.lowercased().contains("test:") }, "\(seen.head.fields)")
    let line = try fixture.gateway.waitForLog(containing: "msg=delivery")
    #expect(!line.contains("test=true"))
  }

  @Test func `an app that does not answer leaves the page with a failure`() throws {
    let fixture = try fixture("test: true\ntotal-seconds-max: 1") { _ in .hang }
    let asked = try ask(fixture, "route=%2Fhook")
    #expect(asked.status == 200 && asked.page.contains("failed"))
    #expect(try fixture.upstream.onlyRequest().head.has("x-delivery-test"))
  }
}
