import TestSupport
import Testing

/// The tables sent past nginx and HAProxy as they are shipped, which read, fold and frame in their own way
/// before the gateway does. The judge is the application under gunicorn behind it.
@Suite(.ownThread) struct PeerFrontHostileTests {
  private final class FrontFixture {
    let app: PeerApp
    let gateway: GatewayProcess
    let port: UInt16
    let directory: TemporaryDirectory
    private let front: PeerServer

    init(_ kind: PeerFront, limits: String = "") throws {
      let app = try PeerApp(.gunicorn)
      self.app = app
      gateway = try GatewayProcess(
        config: GatewayConfig.text(
          upstreams: ["http://127.0.0.1:\(app.port)/app"], limits: limits,
          top: "trusted-proxies: [127.0.0.1]"))
      directory = try TemporaryDirectory()
      port = try FreePort.take()
      front = try kind.start(in: directory, port: port, gateway: gateway.port)
    }

    /// The answers, and what the application saw meanwhile.
    func send(_ cases: [[UInt8]]) throws -> (answers: [TLSSender.Answer], seen: [Sighting]) {
      let before = app.count
      let answers = try TLSSender.send(cases, to: port, in: directory)
      guard answers.count == cases.count else { throw FixtureError("\(answers.count) answers") }
      return (answers, Array(try app.sightings.dropFirst(before)))
    }
  }

  private static let claims = [
    "X-Verified: false", "X-Forwarded-For: 198.51.100.1", "Forwarded: for=198.51.100.1",
    "X_Forwarded_For: 198.51.100.1", "X-Forwarded-Proto: http", "X-Forwarded-Prefix: /198.51.100.1",
    "X-Forwarded-Server: 198.51.100.1", "X-Forwarded-User: 198.51.100.1", "x-forwarded-port: 198.51.100.1",
    "X-Real-IP: 198.51.100.1", "Client-IP: 198.51.100.1", "X-Client-Ip: 198.51.100.1",
    "True-Client-IP: 198.51.100.1", "X-Url-Scheme: 198.51.100.1",
  ]

  /// The sender's address and scheme by the front's word, whatever the sender claims.
  private func strangers(_ sighting: Sighting) -> [String] {
    let addresses = sighting.fields["HTTP_X_FORWARDED_FOR"] ?? "none"
    let scheme = sighting.fields["HTTP_X_FORWARDED_PROTO"] ?? "none"
    let claimed = sighting.fields.filter { $0.value.contains("198.51.100.1") }
    return (addresses == "127.0.0.2, 127.0.0.1" ? [] : ["X-Forwarded-For \(addresses)"])
      + (scheme == "https" ? [] : ["X-Forwarded-Proto \(scheme)"])
      + claimed.map { "\($0.key): \($0.value)" }
  }

  @Test(arguments: PeerFront.allCases)
  func `behind the shipped front every genuine body arrives as it was sent, with the sender's address`(
    front: PeerFront
  ) throws {
    let fixture = try FrontFixture(front)
    let bodies = PeerCases.bodies(claiming: Self.claims)
    HostileTable.row(.wholeBody, "\(bodies.count) bodies through \(front)", expected: "200, once, whole") {
      let (answers, seen) = try fixture.send(bodies.map(\.bytes))
      let refused = zip(bodies, answers).filter { $1.status != 200 }
      guard refused.isEmpty else { return refused.map { "\($0.name): \($1)" }.joined(separator: "; ") }
      guard seen.count == bodies.count else { return "\(seen.count) requests" }
      let violations = zip(bodies, seen).flatMap { one, sighting in
        (sighting.violations(body: one.expected.body) + strangers(sighting)).map { "\(one.name): \($0)" }
      }
      return violations.isEmpty ? "200, once, whole" : violations.joined(separator: "; ")
    }
  }

  /// What fronts, gateways and frameworks are known to say or to read, and two that nobody knows.
  private static let known = [
    "", "-Access-Token", "-Authorization", "-By", "-Client-Cert", "-Context", "-Email", "-For-Original",
    "-Groups", "-Method", "-Path", "-Port", "-Preferred-Username", "-Prefix", "-Protocol", "-Scheme",
    "-Server", "-Ssl", "-Tls-Client-Cert", "-Tls-Client-Cert-Info", "-Uri", "-User", "For",
  ]
  private static let unknown = ["-Made-Up", "Too"]

  /// nginx deletes by name alone, and both its file and the README say so.
  @Test(arguments: PeerFront.allCases)
  func `of what a stranger says in a front's words the shipped front hands on nothing that it can name`(
    front: PeerFront
  ) throws {
    let fixture = try FrontFixture(front)
    let claims = (Self.known + Self.unknown).map { "X-Forwarded\($0): 198.51.100.1" }
    let others = [
      "Forwarded", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "Client-IP", "True-Client-IP",
      "CF-Connecting-IP", "Fastly-Client-IP", "Front-End-Https", "X-Scheme", "X-Url-Scheme",
    ].map { "\($0): 198.51.100.1" }
    let request = SignedRequest().with { $0.lines += claims + others + ["X-Stays: 198.51.100.1"] }
    let (answers, seen) = try fixture.send([request.bytes])
    #expect(answers.map(\.status) == [200])
    let arrived = try #require(seen.first).fields.filter { $0.value.contains("198.51.100.1") }.map(\.key)
    let unnamed = front == .nginx ? ["HTTP_X_FORWARDEDTOO", "HTTP_X_FORWARDED_MADE_UP"] : []
    #expect(arrived.sorted() == unnamed + ["HTTP_X_STAYS"])
  }

  /// What a front makes of these is its own affair: it may refuse, mend or pass on. Whatever arrives must be
  /// what was signed, and everything that was answered 200 must have arrived.
  @Test(arguments: PeerFront.allCases)
  func `behind the shipped front nothing unverified arrives, however it is framed or spelled`(
    front: PeerFront
  ) throws {
    // What a front takes for less than the whole is not waited for long.
    let fixture = try FrontFixture(front, limits: "body-seconds-max: 3\nhead-seconds-max: 3")
    // So many pass at least, or the table would show little: of the framings both fronts refuse the most, of the
    // marks none.
    for (topic, name, cases, passedMin) in [
      (HostileTopic.bothFramings, "framings", PeerCases.framing, 150),
      (HostileTopic.markSpelling, "spellings of the mark", PeerCases.marks, PeerCases.marks.count),
    ] {
      let expected = "only what is signed arrives"
      HostileTable.row(topic, "\(cases.count) \(name) through \(front)", expected: expected) {
        let (answers, seen) = try fixture.send(cases.map { $0.bytes + PeerCases.smuggled })
        let passed = answers.count { $0.status == 200 }
        guard passed == seen.count, passed >= passedMin else {
          return "\(passed) answered 200, \(seen.count) arrived"
        }
        let violations = seen.flatMap { $0.markViolations + strangers($0) }
        return violations.isEmpty ? expected : violations.joined(separator: "; ")
      }
    }
    let forged = PeerCases.forgedMarks + SignatureCases.all
    HostileTable.row(.forgery, "\(forged.count) unverified through \(front)", expected: "none arrives") {
      let (answers, seen) = try fixture.send(forged.map(\.bytes))
      let passed = zip(forged, answers).filter { $1.status < 400 && $1.status > 0 }.map(\.0.name)
      guard answers.contains(where: { $0.status == 401 }) else { return "no 401" }
      return seen.isEmpty && passed.isEmpty ? "none arrives" : "\(seen.count) arrived: \(passed)"
    }
  }
}
