import Foundation
import TestSupport
import Testing

/// A way in which a changed secret file is not taken, and its end. What undoes it leaves the file as it is.
struct Untaken: CustomTestStringConvertible, Sendable {
  let testDescription: String
  /// What a delivery gets that nothing known verifies.
  let status: Int
  /// What the log says of it.
  let sentence: String
  let make: @Sendable (GatewayProcess) throws -> Void
  let undo: @Sendable (GatewayProcess) throws -> Void

  private static let isRefused = "is refused, its old secrets stay in force"
  private static let isUnread =
    "cannot be read: its old secrets stay in force, what they do not verify gets 503"

  /// Sets how many descriptors a gateway that runs may have.
  private static func limit(_ gateway: GatewayProcess, descriptors: Int) throws {
    // As its own user: root in a container may not do it to another's.
    let user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    let child = try ChildProcess(
      user + ["prlimit", "--pid", "\(gateway.pid)", "--nofile=\(descriptors):"],
      environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"])
    guard child.waitForExit(within: 30) == 0 else { throw FixtureError("\(child.lines)") }
  }

  static let withoutDescriptors = Untaken(
    testDescription: "no descriptor is left", status: 503, sentence: isUnread
  ) {
    try limit($0, descriptors: 4)
    try $0.replaceSecrets(["new secret"])
  } undo: {
    try limit($0, descriptors: 512)
  }

  static let placed = Untaken(
    testDescription: "every user can replace it", status: 401, sentence: isRefused
  ) {
    chmod($0.directory.path, 0o777)
    try $0.replaceSecrets(["new secret"])
  } undo: {
    chmod($0.directory.path, 0o755)
  }

  static let hidden = Untaken(
    testDescription: "its directory may not be entered", status: 503, sentence: isUnread
  ) {
    try $0.replaceSecrets(["new secret"])
    chmod($0.directory.path, 0)
  } undo: {
    chmod($0.directory.path, 0o755)
  }

  static let foreign = Untaken(
    testDescription: "it may not be read", status: 503, sentence: isUnread
  ) {
    try $0.replaceSecrets(["new secret"])
    chown($0.secretPath, 0, 0)
    chmod($0.secretPath, 0o600)
  } undo: {
    try $0.giveToItsUser($0.secretPath)
  }

  static let absent = Untaken(testDescription: "it is gone", status: 503, sentence: isUnread) {
    unlink($0.secretPath)
  } undo: {
    try $0.replaceSecrets(["new secret"])
  }

  static let unfit = Untaken(testDescription: "it holds too much", status: 401, sentence: isRefused) {
    try $0.replaceSecrets((1...9).map { "secret \($0)" })
  } undo: {
    try $0.replaceSecrets(["new secret"])
  }

  static let all =
    (Sanitizers.bearLackOfDescriptors ? [withoutDescriptors] : []) + [placed, hidden, foreign, absent, unfit]
}

/// A new secret is there, and for now it cannot be taken.
@Suite(.enabled(if: Machine.isRoot && Machine.has("prlimit") && Machine.has("setpriv"), "needs another user"))
struct UnreadableSecretTests {
  /// A gateway with one connection that it has accepted and one to its upstream, both used again.
  private struct UntakenFixture {
    let upstream: RecordingUpstream
    let gateway: GatewayProcess
    let client: RawClient

    init() throws {
      upstream = try RecordingUpstream()
      gateway = try GatewayProcess(
        config: GatewayConfig.text(
          upstreams: [upstream.url()], top: "control: {dir}/control.sock\nadmin: none", workers: 1),
        files: ["secret": "old secret\n"], unprivileged: true)
      client = try gateway.connect()
      guard try status("old secret") == 200 else { throw FixtureError("the old secret verifies nothing") }
    }

    func status(_ secret: String) throws -> Int {
      try client.send(SignedRequest().with { $0.secret = secret }.bytes)
      return try client.response(within: 20).status
    }

    /// The answers until it is this one.
    func statuses(_ secret: String, until status: Int) throws -> [Int] {
      var seen: [Int] = []
      let deadline = Date().addingTimeInterval(30)
      repeat {
        seen.append(try self.status(secret))
        if seen.last != status { usleep(20_000) }
      } while seen.last != status && Date() < deadline
      return seen
    }

    /// As `vesigate secret set --compromised` writes it before it stores the new secret.
    func announce() throws {
      let now = Int(Date().timeIntervalSince1970 * 1000)
      let path = try gateway.directory.write(
        "secret.journal",
        "vesigate-journal: 1\nbegan: \(now)\nstep: announced\nmode: by-hand\ncompromised: yes\nattempt: 1\n")
      try gateway.giveToItsUser(path)
    }

    /// Lines of the log about a file that is not taken.
    var said: [String] { gateway.log.filter { $0.contains("its old secrets stay in force") } }
  }

  @Test(.timeLimit(.minutes(5)), arguments: Untaken.all)
  func `a new secret that cannot be taken at first is taken as soon as it can be, without a signal`(
    _ way: Untaken
  ) async throws {
    try await onThread {
      let fixture = try UntakenFixture()
      try way.make(fixture.gateway)
      for _ in 1...5 {
        #expect(try fixture.status("new secret") == way.status)
        #expect(try fixture.status("old secret") == 200)
        usleep(120_000)
      }
      #expect(
        fixture.said.count == 1 && fixture.said.allSatisfy { $0.contains(way.sentence) },
        "\(fixture.gateway.log)")
      try way.undo(fixture.gateway)
      let seen = try fixture.statuses("new secret", until: 200)
      #expect(seen.last == 200, "\(seen.prefix(20))")
      #expect(seen.dropLast().allSatisfy { $0 == way.status }, "\(seen.prefix(20))")
      #expect(try fixture.status("old secret") == 401)
      #expect(fixture.gateway.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(5)), arguments: Untaken.all)
  func `what only a compromised secret verifies gets 503 while the file that replaces it is not taken`(
    _ way: Untaken
  ) async throws {
    try await onThread {
      let fixture = try UntakenFixture()
      try fixture.announce()
      // Has the journal seen. Until there is a new secret the old one verifies.
      #expect(try fixture.status("neither") == 503)
      #expect(try fixture.status("old secret") == 200)
      try way.make(fixture.gateway)
      for _ in 1...5 {
        #expect(try fixture.status("old secret") == 503)
        usleep(60_000)
      }
      #expect(fixture.upstream.requests.count == 2)
      #expect(
        fixture.gateway.log.contains { $0.contains("what a compromised secret verifies gets 503 until") })
      #expect(fixture.said.count == 1, "\(fixture.said)")
      try way.undo(fixture.gateway)
      let seen = try fixture.statuses("new secret", until: 200)
      #expect(seen.last == 200, "\(seen.prefix(20))")
      // The journal still stands, so it may be another's that is not known yet.
      #expect(try fixture.status("old secret") == 503)
      #expect(fixture.upstream.requests.count == 3)
      #expect(fixture.gateway.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(5)), arguments: [Untaken.foreign, .placed, .unfit])
  func `that a secret is compromised is heard while its file is refused already, and status says so`(
    _ way: Untaken
  ) async throws {
    try await onThread {
      let fixture = try UntakenFixture()
      try way.make(fixture.gateway)
      #expect(try fixture.status("new secret") == way.status)
      #expect(try fixture.status("old secret") == 200)
      try fixture.announce()
      #expect(try fixture.status("neither") == 503)
      for _ in 1...3 { #expect(try fixture.status("old secret") == 503) }
      #expect(fixture.upstream.requests.count == 2)
      let status = try GatewayProcess.command(["status", "--config", fixture.gateway.configPath])
      #expect(status.status == 0)
      let words = status.lines.joined(separator: " ").split(separator: " ").joined(separator: " ")
      #expect(
        words.contains("what a compromised secret verifies gets 503 until it is taken"), "\(status.lines)")
      try way.undo(fixture.gateway)
      #expect(try fixture.statuses("new secret", until: 200).last == 200)
      let after = try GatewayProcess.command(["status", "--config", fixture.gateway.configPath])
      #expect(!after.lines.contains { $0.contains("compromised") }, "\(after.lines)")
      #expect(fixture.gateway.terminate() == 0)
    }
  }
}
