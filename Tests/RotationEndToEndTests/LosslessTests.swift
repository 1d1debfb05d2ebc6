import Foundation
import Synchronization
import TestSupport
import Testing

/// How much of it: a number of rotations and of kills that `make test-rotation` makes larger.
enum Scale {
  static let rotations = number("ROTATIONS") ?? 5
  static let kills = number("KILLS") ?? 15
  /// So many loads share the machine: in the short form three tests run side by side, in the long one none.
  static let loads = number("ROTATIONS") == nil ? 3 : 1

  private static func number(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment["TEST_ROTATION_\(name)"].flatMap { Int($0) }
  }
}

/// Rotations under load lose nothing. The provider's old secret is dead from the swap on, and its answer
/// comes up to three seconds later.
struct LosslessTests {
  // A sender that finds its idle connection closed would have to tell that from a refusal.
  static let roomy = "in-flight-max: 8192\nconnections-max: 8192\nidle-seconds-max: 3600"

  @Test(.timeLimit(.minutes(30)))
  func `rotations with the default bounds lose no delivery`() async throws {
    try await onThread {
      let fixture = try RotationFixture(seed: 1, limits: Self.roomy)
      let tally = try Self.run(fixture, "defaults")
      #expect(tally.refusedWithOldSecret == 0)
      fixture.stop()
    }
  }

  @Test(.timeLimit(.minutes(30)))
  func `with room for all that come meanwhile, every first try is taken`() async throws {
    try await onThread {
      let fixture = try RotationFixture(seed: 2, rotation: ["hold-deliveries-max: 4096"], limits: Self.roomy)
      let tally = try Self.run(fixture, "hold-deliveries-max: 4096")
      #expect(tally.refusedWithOldSecret == 0)
      #expect(tally.retriesAfter503 == 0)
      #expect(tally.acceptedAtOnce == tally.genuine)
      fixture.stop()
    }
  }

  @Test(.timeLimit(.minutes(30)))
  func `of a compromised secret nothing is taken any more, and nothing else is lost`() async throws {
    try await onThread {
      let fixture = try RotationFixture(seed: 3, limits: Self.roomy)
      let tally = try Self.run(fixture, "compromised", arguments: ["--compromised"]) { old in
        // Signed before the rotation: an ordinary one would accept it.
        let status = try fixture.status(signedWith: old, shiftSeconds: -5)
        // Within a second of the rotation's end it may still be told to come again.
        #expect(status == 401 || status == 503)
        #expect(!fixture.exists(".previous"))
      }
      // What was on its way when its secret was revoked, and nothing that was signed after.
      #expect(tally.refusedAfter.keys.allSatisfy { $0 < fixture.provider.current.number })
      fixture.stop()
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `deliveries in flight that only the compromised secret verifies are refused, counted and told`()
    async throws
  {
    try await onThread {
      let fixture = try RotationFixture(seed: 13, behaviour: .rotate(delayMillisecondsMax: 0))
      let old = fixture.provider.current.secret
      // Their heads and half of their bodies are there before the journal.
      let halves = try (0..<5).map { number in
        let request = SignedRequest(Delivery(number: number, isForged: false).body).with { $0.secret = old }
        let client = try fixture.gateway.connect()
        try client.send(request.head + request.body.prefix(10))
        return (client: client, rest: Array(request.body.dropFirst(10)))
      }
      usleep(300_000)
      let rotate = try fixture.spawn(["--compromised"])
      #expect(
        eventually { fixture.storedSecret == fixture.provider.current.secret && fixture.provider.calls == 1 })
      // The command waits for what may still be judged by the old secret.
      usleep(500_000)
      #expect(rotate.status == nil)
      for half in halves {
        try half.client.send(half.rest)
        #expect(try half.client.response().status == 401)
      }
      #expect(rotate.waitForExit(within: 60) == 0)
      let text = rotate.lines.joined(separator: "\n")
      #expect(text.contains("5 refused that only the compromised secret verified"), "\(text)")
      #expect(try fixture.counter("revoked") == 5)
      #expect(fixture.upstream.counts.deliveries.isEmpty)
      #expect(try fixture.status(signedWith: fixture.provider.current.secret) == 200)
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  /// Rotates again and again under load, and checks what holds in every mode.
  static func run(
    _ fixture: RotationFixture, _ name: String, arguments: [String] = [],
    afterEach: (_ oldSecret: String) throws -> Void = { _ in }
  ) throws -> DeliveryLoad.Tally {
    let isCompromised = arguments.contains("--compromised")
    let load = DeliveryLoad(
      fixture.gateway, fixture.provider, try plan(fixture, retriesOldSecret: isCompromised))
    defer { load.abandon() }
    #expect(eventually { load.now.accepted > Sanitizers.share(of: 100) })
    for _ in 1...Scale.rotations {
      let old = fixture.provider.current.secret
      let (status, text) = try fixture.rotate(arguments)
      try #require(status == 0, "\(text)")
      #expect(fixture.storedSecret == fixture.provider.current.secret)
      #expect(fixture.leftovers == [])
      #expect(try fixture.counter("overflowed") >= 0)
      try afterEach(old)
      usleep(200_000)
    }
    let tally = load.stop()
    try check(fixture, tally)
    try print(fixture, name, tally)
    #expect(fixture.gateway.terminate() == 0)
    return tally
  }

  /// As many a second as this machine takes of one sender just now, and no more: a load beyond what a busy machine
  /// can carry shows how long its queues are.
  private static func plan(_ fixture: RotationFixture, retriesOldSecret: Bool) throws -> DeliveryLoad.Plan {
    let (start, count) = (Date(), 40)
    for _ in 0..<count { #expect(try fixture.status(signedWith: fixture.provider.current.secret) == 200) }
    // Fewer under load.
    let perSecond = Int(Double(count) / max(-start.timeIntervalSinceNow, 0.01))
    var plan = DeliveryLoad.Plan(retriesOldSecret: retriesOldSecret)
    plan.genuinePerSecond = max(20, min(plan.genuinePerSecond / Scale.loads, perSecond))
    plan.forgedPerSecond = max(2, min(plan.forgedPerSecond / Scale.loads, perSecond / 10))
    return plan
  }

  private static func check(_ fixture: RotationFixture, _ tally: DeliveryLoad.Tally) throws {
    let slow = fixture.gateway.log.filter { $0.contains("was slow") || $0.contains("look-timeout") }
    #expect(tally.failures == [], "\(slow.prefix(20))")
    #expect(tally.refusedWithCurrentSecret == 0, "genuine deliveries refused with 401")
    #expect(tally.accepted == tally.genuine, "every genuine delivery ends in 2xx")
    #expect(tally.forgedAccepted == 0)
    #expect(tally.forged > 0 && Set(tally.forgedStatuses.keys).isSubset(of: [401, 503]))
    let seen = fixture.upstream.counts
    #expect(seen.forged == 0 && seen.unmarked == 0)
    #expect(seen.deliveries.filter { $0.key > 0 }.count == tally.genuine)
    #expect(seen.deliveries.filter { $0.key > 0 && $0.value != 1 } == [:], "none came twice")
    #expect(fixture.provider.secrets.count == Scale.rotations + 1)
    #expect(try fixture.counter("held") == 0)
    #expect(fixture.leaks() == [])
  }

  private static func late(_ tally: DeliveryLoad.Tally) -> String {
    guard tally.refusedWithOldSecret > 0 else { return "" }
    let milliseconds = Int(tally.refusedSecondsMin * 1000)
    return " (in \(tally.refusedAfter.count) rotations, each \(milliseconds) ms or longer on its way)"
  }

  private static func print(
    _ fixture: RotationFixture, _ name: String, _ tally: DeliveryLoad.Tally
  ) throws {
    let held = try fixture.counter("heldTotal")
    #expect(held > 0, "a rotation that holds nothing shows nothing")
    Swift.print(
      """
      rotation, \(name): \(Scale.rotations) rotations, \(tally.genuine) genuine deliveries, \
      \(tally.accepted) ended in 2xx (\(tally.acceptedAtOnce) at the first try), \
      \(tally.refusedWithCurrentSecret) genuine refused with 401, \
      \(tally.refusedWithOldSecret) of a revoked secret refused with 401\(late(tally)), \
      \(tally.forged) forged, \(tally.forgedAccepted) accepted; \
      held \(held), re-judged \(try fixture.counter("rejudged")), \
      503 for overflow or time-out \(try fixture.counter("overflowed")), \
      revoked \(try fixture.counter("revoked")), \
      tries again after 503: \(tally.retriesAfter503); \
      \(fixture.heard.count) texts searched for secrets, \(fixture.leaks().count) found
      """)
  }
}
