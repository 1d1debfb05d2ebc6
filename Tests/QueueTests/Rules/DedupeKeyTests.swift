import Gateway
import Queue
import Signing
import TestSupport
import Testing

@Suite struct DedupeKeyTests {
  private func key(
    _ rule: DedupeRule, scope: String = "/hook", id: String? = "1", timestamp: String? = "2",
    header: String? = "3",
    body: String = "b"
  ) -> DedupeKey? {
    DedupeKey(
      rule, scope: scope, id: id.map { Array($0.utf8) }, timestamp: timestamp.map { Array($0.utf8) },
      header: header.map { Array($0.utf8) }, body: Array(body.utf8).withUnsafeBytes { BodyDigest(of: $0) })
  }

  @Test func `an id is the id, whatever the timestamp and the body`() {
    #expect(key(.id) == key(.id, timestamp: "9", header: nil, body: "other"))
    #expect(key(.id) != key(.id, id: "9"))
    #expect(key(.id) != key(.id, scope: "/other"))
  }

  @Test func `a body is the body, whatever the timestamp`() {
    #expect(key(.body) == key(.body, id: nil, timestamp: "9"))
    #expect(key(.body) != key(.body, body: "other"))
  }

  @Test func `exactly the same is timestamp and body`() {
    #expect(key(.exact) == key(.exact, id: "9"))
    #expect(key(.exact) != key(.exact, timestamp: "9"))
    #expect(key(.exact) != key(.exact, body: "other"))
  }

  @Test func `a header is the header of that name`() {
    #expect(key(.header("x-id")) == key(.header("x-id"), id: "9", body: "other"))
    #expect(key(.header("x-id")) != key(.header("x-other")))
    #expect(key(.header("x-id")) != key(.header("x-id"), header: "9"))
  }

  @Test func `what is missing or empty makes no key, and no rule none at all`() {
    for missing in [nil, ""] as [String?] {
      #expect(key(.id, id: missing) == nil)
      #expect(key(.exact, timestamp: missing) == nil)
      #expect(key(.header("x"), header: missing) == nil)
    }
    #expect(key(.none) == nil)
  }

  @Test func `parts never run into each other`() {
    #expect(key(.id, scope: "/a", id: "bc") != key(.id, scope: "/ab", id: "c"))
    #expect(key(.header("ab"), header: "c") != key(.header("a"), header: "bc"))
    #expect(key(.id, id: "2") != key(.header("id"), header: "2"))
    #expect(Set([DedupeRule.id, .body, .exact, .header("x")].compactMap { key($0)?.bytes }).count == 4)
  }

  @Test(arguments: SignatureLayout.presets.map(\.name))
  func `without a rule, a layout has the one that can be right`(name: String) throws {
    let rules: [String: DedupeRule] = [
      "vesicash": .body, "stripe": .exact, "standard-webhooks": .id, "svix": .id, "slack": .exact,
      "revolut": .exact,
      "cashfree": .exact, "github": .none, "shopify": .none, "paystack": .none,
    ]
    let layout = try #require(SignatureLayout.preset(named: name))
    #expect(DedupeRule.automatic(layout, preset: name) == rules[name])
    // What a layout of somebody's own has in common with Vesicash's proves nothing of its bodies.
    if name == "vesicash" { #expect(DedupeRule.automatic(layout, preset: nil) == .exact) }
  }
}

@Suite struct PublicIDTests {
  @Test func `an id is a UUID of version 7, and its text reads back`() throws {
    var generator = SeededGenerator(seed: runSeed)
    for _ in 0..<1000 {
      let time = Int64.random(in: 0..<1 << 47, using: &generator)
      let id = PublicID(unixMilliseconds: time, random: (generator.next(), generator.next()))
      #expect(id.bytes[6] >> 4 == 7 && id.bytes[8] >> 6 == 2)
      #expect(id.bytes.prefix(6).reduce(0) { $0 << 8 | Int64($1) } == time)
      #expect(id.description.count == 36 && PublicID(id.description) == id)
      #expect(PublicID(id.description.uppercased()) == id && PublicID(id.bytes) == id)
    }
  }

  @Test func `later ones sort behind earlier ones`() {
    let ids = [5, 6, 255, 256, 1_781_519_012_000].map {
      PublicID(unixMilliseconds: $0, random: (.max, .max)).description
    }
    #expect(ids == ids.sorted())
  }

  @Test(arguments: [
    "", "x", "0198f0c8-8f4b-7abc-8def-0123456789a", "0198f0c88f4b7abc8def0123456789ab",
    "0198f0c8-8f4b-7abc-8def-0123456789abc", "0198f0c8-8f4b-7abc-8def-0123456789ag",
    "0198f0c88-f4b-7abc-8def-0123456789ab",
  ])
  func `what is no id is none`(text: String) { #expect(PublicID(text) == nil) }
}
