import Foundation
import Synchronization
import TestSupport
import Testing

/// Of a compromised secret nothing passes once the new one is stored: not after the daemon has been told, at once.
struct RevocationTests {
  enum Way: String, CaseIterable, Sendable { case rotate, set }

  private func begin(_ way: Way, _ fixture: RotationFixture) throws -> ChildProcess {
    switch way {
    case .rotate: return try fixture.spawn(["--compromised"])
    case .set:
      let command = "printf a-new-secret-of-some-length | \"$0\" secret set --compromised --config \"$1\""
      return try ChildProcess(
        ["sh", "-c", command, try GatewayBinary.path(), fixture.gateway.configPath],
        environment: ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"])
    }
  }

  private func inode(_ fixture: RotationFixture) -> ino_t {
    var status = stat()
    return stat(fixture.secretPath, &status) == 0 ? status.st_ino : 0
  }

  @Test(.timeLimit(.minutes(5)), arguments: Way.allCases, 0..<3)
  func `what ends after the new secret is stored is refused where only the old one signed it`(
    way: Way, round: Int
  ) async throws {
    try await onThread {
      let fixture = try RotationFixture(
        seed: 60 + UInt64(round), behaviour: .rotate(delayMillisecondsMax: 0))
      let old = fixture.provider.current.secret
      let request = SignedRequest(Delivery(number: 1, isForged: true).body).with { $0.secret = old }
      // One that has begun long before, and ends after.
      let half = try fixture.gateway.connect()
      try half.send(request.head + request.body.prefix(10))
      let client = try fixture.gateway.connect()
      usleep(300_000)
      let before = inode(fixture)
      let command = try begin(way, fixture)
      let deadline = Date().addingTimeInterval(60)
      while inode(fixture) == before, Date() < deadline { usleep(50) }
      try half.send(Array(request.body.dropFirst(10)))
      var statuses: [Int] = []
      repeat {
        try client.send(request.bytes)
        statuses.append(try client.response(within: 30).status)
      } while command.status == nil && Date() < deadline
      statuses.append(try half.response(within: 30).status)
      #expect(command.waitForExit(within: 60) == 0, "\(command.lines)")
      #expect(statuses.allSatisfy { $0 == 401 || $0 == 503 }, "\(way) \(statuses)")
      #expect(fixture.upstream.counts.deliveries.isEmpty && fixture.upstream.counts.forged == 0)
      #expect(fixture.leftovers == [])
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `what is entered for a compromised secret leaves no journal, with a daemon or without`()
    async throws
  {
    try await onThread {
      let fixture = try RotationFixture(seed: 64, behaviour: .rotate(delayMillisecondsMax: 0))
      let old = fixture.provider.current.secret
      #expect(try begin(.set, fixture).waitForExit(within: 60) == 0)
      #expect(try fixture.status(signedWith: "a-new-secret-of-some-length") == 200)
      #expect(try fixture.status(signedWith: old, shiftSeconds: -5) == 401)
      #expect(fixture.leftovers == [] && !fixture.exists(".previous"))
      #expect(fixture.gateway.terminate() == 0)
      #expect(try begin(.set, fixture).waitForExit(within: 60) == 0)
      #expect(fixture.leftovers == [])
      fixture.stop()
    }
  }
}
