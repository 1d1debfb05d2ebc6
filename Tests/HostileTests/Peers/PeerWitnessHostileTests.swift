import TestSupport
import Testing

/// What leaves the gateway as servers read it that share no line with it: gunicorn, nginx, php-fpm.
@Suite(.ownThread) struct PeerWitnessHostileTests {
  @Test(arguments: PeerApp.Kind.allCases)
  func `an application under gunicorn or php-fpm sees one mark, ours, and none where nothing is signed`(
    kind: PeerApp.Kind
  ) throws {
    let fixture = try PeerFixture(kind)
    fixture.run(.markSpelling, "spellings of the mark as \(kind) reads them", PeerCases.marks)
    fixture.run(.markSpelling, "of them unsigned, before \(kind)", PeerCases.forgedMarks)
  }

  @Test(arguments: PeerApp.Kind.allCases)
  func `an application under gunicorn or php-fpm gets every body as it was sent, once`(kind: PeerApp.Kind)
    throws
  {
    try PeerFixture(kind).run(.wholeBody, "bodies as \(kind) reads them", PeerCases.bodies)
  }

  @Test func `an application under gunicorn sees nothing of what is refused, and no second request`() throws {
    let fixture = try PeerFixture(.gunicorn)
    fixture.run(.bothFramings, "framings as gunicorn reads them", PeerCases.framing)
    fixture.run(.forgery, "failed verifications before gunicorn", SignatureCases.all)
  }

  @Test func `a server that is missing is a failure that says how to install it`() throws {
    let failure = #expect(throws: FixtureError.self) {
      try PeerServer(["no-such-server"], package: "some-package", in: TemporaryDirectory())
    }
    #expect(
      failure?.description
        == "no-such-server is not installed: scripts/install-needs test installs Debian's some-package")
  }

  @Test func `nginx sees as many requests as were delivered, and none that it cannot read`() throws {
    let nginx = try PlainNginx()
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: ["http://127.0.0.1:\(nginx.port)/app"]))
    let cases = PeerCases.framing + PeerCases.marks + PeerCases.forgedMarks + PeerCases.bodies
    let delivered = cases.filter(\.expected.isDelivered)
    HostileTable.row(.bothFramings, "\(cases.count) cases as nginx reads them", expected: "as each should") {
      let failures = cases.compactMap { one in
        do { try PeerFixture.send(one, to: gateway) } catch { return "\(one.name): \(error)" }
        return nil
      }
      guard failures.isEmpty else { return failures.joined(separator: "; ") }
      eventually { nginx.requests.count >= delivered.count }
      // Of two connections that follow each other at once, nginx may write down the second first.
      let seen = nginx.requests.sorted { (Int($0.length) ?? 0) < (Int($1.length) ?? 0) }
      guard seen.count == delivered.count else { return "\(seen.count) requests for \(delivered.count)" }
      let sent = delivered.sorted { $0.expected.body.count < $1.expected.body.count }
      let violations = zip(sent, seen).compactMap { one, request -> String? in
        let isAsSent =
          request.status == "200" && request.request.hasPrefix("POST /app") && request.coding.isEmpty
          && request.length == String(one.expected.body.count) && request.mark == "true"
        return isAsSent ? nil : "\(one.name): \(request)"
      }
      return violations.isEmpty ? "as each should" : violations.joined(separator: "; ")
    }
    // Framing is judged where one request follows another on the same connection.
    #expect(nginx.requests.contains { (Int($0.turn) ?? 0) > 20 })
  }
}
