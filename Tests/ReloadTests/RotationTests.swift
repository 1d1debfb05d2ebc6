import Foundation
import Synchronization
import TestSupport
import Testing

/// Secrets change while deliveries come: none is lost.
struct RotationTests {
  @Test(.timeLimit(.minutes(10)))
  func `a thousand hangups under load lose nothing while the file is rewritten`() async throws {
    try await onThread {
      let fixture = try HangupFixture()
      let (gateway, load) = (fixture.gateway, fixture.load)
      var before = 0
      var round = 0
      // So many deliveries among them, however slow the machine is.
      while round < 1000 || (load.count <= Sanitizers.share(of: 500) && round < 30_000) {
        round += 1
        try fixture.hangup()
        if round == 300 { before = gateway.descriptorCount }
      }
      let after = gateway.descriptorCount
      let tally = load.stop()

      #expect(tally.failures == [])
      #expect(tally.accepted.count > Sanitizers.share(of: 500))
      #expect(gateway.status == nil, "it is the process that was started")
      #expect(gateway.log.filter { $0.contains("msg=ready") }.count == 1)
      #expect(gateway.log.filter { $0.contains("level=error") } == [])
      #expect(after - before <= 8, "\(before) to \(after)")

      // The last file is the one in force.
      try gateway.replaceSecrets(["the last one"])
      try gateway.reload()
      #expect(try gateway.status(signedWith: "the last one") == 200)
      #expect(try gateway.status(signedWith: HangupFixture.secrets[0]) == 401)
      #expect(gateway.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `fifty replacements of one secret by another lose nothing and end the old one`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try GatewayProcess(
        config: GatewayConfig.text(upstreams: [upstream.url()]), files: ["secret": "secret 0\n"])
      let senders = try (0..<6).map { _ in try gateway.connect() }
      var statuses: [Int] = []
      for round in 1...50 {
        let (old, new) = ("secret \(round - 1)", "secret \(round)")
        // Every sender is in the middle of a delivery that it signed with the old secret.
        let begun = try senders.map { try Begun(on: $0, secret: old) }
        try gateway.replaceSecrets([new])
        try gateway.reload()
        statuses += try begun.map { try $0.finish() }
        for sender in senders {
          try sender.send(SignedRequest("new \(round)").with { $0.secret = new }.bytes)
          statuses.append(try sender.response().status)
        }
        #expect(try gateway.status(signedWith: old) == 401)
      }
      #expect(statuses.count == 50 * 12)
      #expect(statuses.allSatisfy { $0 == 200 })
      #expect(upstream.requests.count == 50 * 12)
      #expect(gateway.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `a file replaced without a signal is taken by the first delivery that needs it`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try GatewayProcess(
        config: GatewayConfig.text(upstreams: [upstream.url()]), files: ["secret": "secret 0\n"])
      let senders = try (0..<4).map { _ in try gateway.connect() }
      for round in 1...20 {
        let seen = gateway.log.count
        try gateway.replaceSecrets(["secret \(round)"])
        for sender in senders {
          try sender.send(SignedRequest().with { $0.secret = "secret \(round)" }.bytes)
        }
        #expect(try senders.map { try $0.response().status } == [200, 200, 200, 200])
        let line = try gateway.waitForLog(containing: "taken without a signal", from: seen)
        #expect(line.contains(gateway.secretPath))
        #expect(try gateway.status(signedWith: "secret \(round - 1)") == 401)
      }
      #expect(gateway.log.filter { $0.contains("taken without a signal") }.count == 20)
      #expect(gateway.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `after a hangup a file counts as it stands`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try GatewayProcess(
        config: GatewayConfig.text(upstreams: [upstream.url()]), files: ["secret": "the old secret\n"])
      try "0123456789".write(toFile: gateway.secretPath, atomically: false, encoding: .utf8)
      try gateway.reload()
      #expect(try gateway.status(signedWith: "0123456789") == 200)
      #expect(try gateway.status(signedWith: "the old secret") == 401)
      try "0123456789abcdef\n".write(toFile: gateway.secretPath, atomically: false, encoding: .utf8)
      try gateway.reload()
      #expect(try gateway.status(signedWith: "0123456789abcdef") == 200)
      #expect(try gateway.status(signedWith: "0123456789") == 401)
      #expect(gateway.terminate() == 0)
    }
  }
}

/// A gateway that knows two secrets, a load that signs with both, and a file in which they change places.
final class HangupFixture {
  static let secrets = ["first secret of two", "second secret of two"]

  let upstream: RecordingUpstream
  let gateway: GatewayProcess
  let load: Load
  private var round = 0

  init() throws {
    upstream = try RecordingUpstream()
    gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()], top: "log: {deliveries: refused}"),
      files: ["secret": Self.secrets.map { $0 + "\n" }.joined()])
    load = Load(gateway, senders: 4) { sender, turn in Self.secrets[(sender + turn) % 2] }
  }

  /// Another file, a SIGHUP, and a millisecond.
  func hangup() throws {
    round += 1
    try gateway.replaceSecrets(round % 2 == 0 ? Self.secrets : Self.secrets.reversed())
    gateway.signal(SIGHUP)
    usleep(1000)
  }
}

/// A delivery whose head and half of whose body the gateway has read.
struct Begun {
  let client: RawClient
  private let rest: [UInt8]

  init(on client: RawClient, secret: String, target: String = "/hook") throws {
    self.client = client
    let request = SignedRequest(String(repeating: "half ", count: 20)).with {
      $0.secret = secret
      $0.target = target
      $0.lines.append("Expect: 100-continue")
    }
    try client.send(request.head)
    // That it is said shows that the head has been read.
    guard try client.response().status == 100 else { throw FixtureError("no 100 Continue") }
    try client.send(Array(request.body.prefix(50)))
    rest = Array(request.body.dropFirst(50))
  }

  func finish() throws -> Int { try response().status }

  func response() throws -> RawResponse {
    try client.send(rest)
    return try client.response()
  }
}
