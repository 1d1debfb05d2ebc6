import Gateway
import Signing
import Testing

@testable import Configuration

@Suite struct DurableReaderTests {
  private func durable(_ route: String, top: String = "") throws -> DurableSettings? {
    try parsed(configuration(top: top, route: route)).snapshot(secrets: [], generation: 1).routes.all[0]
      .durable
  }

  private func found(_ route: String, top: String = "") -> [String] {
    problems(configuration(top: top, route: route)).map { $0.drop { $0 != " " }.dropFirst().description }
  }

  @Test func `a route is durable where it says so, with every default`() throws {
    var expected = DurableSettings()
    expected.dedupe.by = .body
    #expect(try durable("") == nil)
    #expect(try durable("durable: false") == nil)
    #expect(try durable("durable: true") == expected)
    #expect(try durable("durable: {}") == expected)
    #expect(expected.answerStatus == 200 && expected.finalStatuses == [400, 410, 413, 415, 422])
    #expect(try parsed(configuration()).store == StoreConfiguration())
  }

  @Test func `each setting is taken`() throws {
    let settings = try durable(
      """
      durable:
        answer-status: 202
        concurrent-max: 2
        attempt-seconds-max: 3
        final-statuses: [404]
        store-signature: false
        retry: {first-seconds: 4, factor: 5, seconds-max: 6, hours-max: 7, jitter-percent: 8, retry-after-seconds-max: 9}
        breaker: {failures: 10, first-seconds: 11, seconds-max: 12}
      dedupe: {by: exact, hours: 13}
      quarantine: {hours: 14, deliveries-max: 15, bytes-max: 16, per-second-max: 17, release: manual}
      """)
    var expected = DurableSettings()
    (expected.answerStatus, expected.concurrentMax, expected.attemptSecondsMax) = (202, 2, 3)
    (expected.finalStatuses, expected.storesSignature) = ([404], false)
    (expected.retry.firstSeconds, expected.retry.factor, expected.retry.secondsMax) = (4, 5, 6)
    (expected.retry.hoursMax, expected.retry.jitterPercent, expected.retry.retryAfterSecondsMax) = (7, 8, 9)
    (expected.breaker.failures, expected.breaker.firstSeconds, expected.breaker.secondsMax) = (10, 11, 12)
    (expected.dedupe.by, expected.dedupe.hours) = (.exact, 13)
    var quarantine = DurableSettings.Quarantine()
    (quarantine.hours, quarantine.deliveriesMax, quarantine.bytesMax) = (14, 15, 16)
    (quarantine.perSecondMax, quarantine.release) = (17, .manual)
    expected.quarantine = quarantine
    #expect(settings == expected)
  }

  @Test(arguments: [
    ("vesicash", DedupeRule.body), ("standard-webhooks", .id), ("svix", .id), ("stripe", .exact),
    ("slack", .exact), ("github", .none), ("shopify", .none),
  ])
  func `by what a repetition is known is what the layout signs, where nobody says otherwise`(
    preset: String, rule: DedupeRule
  ) throws {
    #expect(try durable("signature: \(preset)\ndurable: true")?.dedupe.by == rule)
    #expect(try durable("signature: \(preset)\ndurable: true\ndedupe: none")?.dedupe.by == DedupeRule.none)
    #expect(try durable("signature: \(preset)\ndurable: true\ndedupe: {by: body}")?.dedupe.by == .body)
  }

  @Test(arguments: [
    ("durable: true\nobserve: true", "durable: must not be set where the route observes"),
    (
      "durable: true\nbody-bytes-max: 67108865", "durable: must not be set with body-bytes-max above 67108864"
    ),
    ("durable: true\nverified-header: X-Delivery-Id", "durable: must not be set: x-delivery-id"),
    (
      "durable: true\nsignature: {preset: svix, id-from: \"header:x-delivery-id\"}",
      "durable: must not be set: x-d"
    ),
    (
      "durable: {retry: {first-seconds: 301}}",
      "durable.retry.first-seconds: must not be more than seconds-max"
    ),
    (
      "durable: {breaker: {seconds-max: 4}}",
      "durable.breaker.seconds-max: must not be less than first-seconds"
    ),
    ("durable: {final-statuses: [200]}", "durable.final-statuses[0]: must be a whole number from 300 to 599"),
    ("durable: {answer-status: 302}", "durable.answer-status: must be a whole number from 200 to 299"),
    ("durable: {attempts: 3}", "durable.attempts: unknown setting"),
    ("durable: yes", "durable: must be true or false"),
    ("durable: true\ndedupe: {by: id}", "dedupe.by: must not be id: the signature's layout signs none"),
    ("durable: true\nsignature: github\ndedupe: {by: exact}", "dedupe.by: must not be exact"),
    ("quarantine: {hours: 1}", "quarantine: must not be set where the route is not durable"),
    ("durable: true\nquarantine: {hours: 0}", "quarantine.hours: must be a whole number from 1"),
    ("durable: true\nquarantine: {release: never}", "quarantine.release: must be auto or manual"),
    ("durable: true\nquarantine: true", "quarantine: must be none, or a mapping"),
    ("durable: true\ndedupe: {by: header}", "dedupe.by: must be one of auto"),
    (
      "durable: true\ndedupe: {hours: 721}",
      "dedupe.hours: must not be more than store.dead-hours, which is 720"
    ),
  ])
  func `what contradicts itself is told at its place`(route: String, problem: String) {
    let told = found(route)
    #expect(told.count == 1 && told[0].hasPrefix("routes[0].\(problem)"), "\(told)")
  }

  @Test(arguments: [
    ("sqlite: queue.db", "store.sqlite: must be an absolute path"),
    ("{sqlite: /a, seal-key-file: /a-wal}", "store.seal-key-file: must be a file of its own"),
    ("{delivered-body-hours: 169}", "store.delivered-body-hours: must not be more than delivered-hours"),
    ("{bytes-max: 1}", "store.bytes-max: must be a whole number from 65536"),
    ("true", "store: must be a mapping"),
  ])
  func `the store's settings are bounded`(store: String, problem: String) {
    let top = store.hasPrefix("sqlite") ? "store: {\(store)}" : "store: \(store)"
    let told = found("", top: top)
    #expect(told.count == 1 && told[0].hasPrefix(problem), "\(told)")
  }

  @Test func `a body that the store would never hold is told where the route says durable`() {
    let told = found("durable: true", top: "store: {bytes-max: 65536}")
    #expect(
      told.count == 1
        && told[0].hasPrefix("routes[0].durable: must not be set with body-bytes-max above 65536"))
  }

  @Test func `a synchronous route knows repetitions where it says so`() throws {
    func dedupe(_ route: String) throws -> DurableSettings.Dedupe? {
      try parsed(configuration(route: route)).snapshot(secrets: [], generation: 1).routes.all[0].dedupe
    }
    #expect(try dedupe("") == nil)
    #expect(try dedupe("dedupe: none") == nil)
    #expect(try dedupe("dedupe: {by: auto}")?.by == .body)
    #expect(try dedupe("dedupe: {by: exact, hours: 7}")?.hours == 7)
    #expect(try dedupe("dedupe: {hours: 8760}")?.by == .body)
    #expect(try dedupe("signature: github\ndedupe: {by: auto}") == nil)
    #expect(try dedupe("durable: true\ndedupe: {by: body}") == nil)
  }

  @Test func `what is allowed and odd is warned of`() throws {
    func warnings(_ route: String) throws -> [String] {
      try Configuration.parse(configuration(route: route), file: "v.yaml").warnings.map(\.sentence)
    }
    #expect(try warnings("durable: true") == [])
    #expect(try warnings("durable: true\nsignature: slack").count == 1)
    #expect(
      try warnings("durable: true\ndedupe: {by: \"header:X-Id\"}").first?.contains("nothing signs") == true)
  }

  @Test func `the store is found in the environment too`() throws {
    let configuration = try parsed(
      configuration(), environment: ["VESIGATE_STORE_SQLITE": "/q", "VESIGATE_STORE_ATTEMPTS_MAX": "2"])
    #expect(configuration.store.sqlite == "/q" && configuration.store.attemptsMax == 2)
  }
}
