import Formats
import TestSupport
import Testing

@testable import Diagnosis

/// Whatever a forger sends: no crash, no work beyond the bounds, no setting, nothing that steers a terminal.
@Suite(.ownThread) struct HostileTests {
  private static let pieces = [
    "t=", "v1=", "v1,", "sha256=", ",", " ", ";", "=", ":", "1795296000", "1795296000123", "-1", "\u{9B}31m",
    "2026-11-21T20:00:00Z", "1795296000.5", String(repeating: "ab", count: 32), "", "\u{FF}",
    "K7gNU3sdo+OL0wNhqoVWhr3g6s1xYv72ol/pe/Unols=", String(repeating: "cd", count: 64), "whsec_", "{", "}",
    "[", "]", "\"", "\\", "\\u12", "\\ud83d", "1e", "null", "\n", "\u{0}", "v0:17", "msg_1.",
  ]
  private static let names = [
    "mor-signature", "mor-timestamp", "stripe-signature", "webhook-id", "x-1", "date", "content-type",
  ]

  private static func text(_ generator: inout SeededGenerator, _ count: Int) -> String {
    (0..<Int.random(in: 0...count, using: &generator))
      .map { _ in pieces.randomElement(using: &generator)! }.joined()
  }

  @Test func `random requests give a finding without a setting`() {
    var generator = SeededGenerator(seed: 20_261_121)
    let limits = WorkLimits(combinationsMax: 300, hashedBytesMax: 1 << 20, jsonBytesMax: 1 << 16)
    for _ in 0..<300 {
      let headers = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
        "\(Self.names.randomElement(using: &generator)!): "
          + Self.text(&generator, 6).filter { $0 != "\n" && $0 != "\u{0}" }
      }
      let refused = RefusedCase.of(headers, Self.text(&generator, 8), secrets: ["whsec_c2VjcmV0", "b"])
      let finding = Diagnosis.of(refused, limits: limits)
      #expect([.nothing, .unsigned].contains(finding.kind), "\(headers) \(finding.text)")
      #expect(finding.settings.isEmpty)
      #expect(finding.combinations <= 300)
      #expect(finding.text.unicodeScalars.allSatisfy { $0 == "\n" || (0x20...0x7E).contains($0.value) })
    }
  }

  @Test func `the number of candidates is bounded, whatever is sent`() {
    let digest = String(repeating: "ab", count: 32)
    let list = Array(repeating: "k=\(digest)", count: 500).joined(separator: ",")
    let headers =
      (0..<300).map { "x-\($0)-id: 1795296\(100 + $0)" } + ["a: \(digest)", "b: \(list.prefix(4000))"]
    let refused = RefusedCase.of(headers + Array(repeating: "c: \(digest)", count: 200), "{}")
    let search = Search(refused, limits: .daemon)
    #expect(search.signatures.count <= SignatureCandidate.candidatesMax)
    #expect(search.timestamps.count <= 30)
    #expect(search.forms.count <= 2_000)
    #expect(Diagnosis.of(refused, limits: .daemon).combinations <= WorkLimits.daemon.combinationsMax)
  }

  @Test func `JSON that is nested deeply, or is none, is not written anew`() {
    let deep = Array((String(repeating: "[", count: 40) + String(repeating: "]", count: 40)).utf8)
    #expect(JSONValue(reading: deep) == nil)
    for text in [
      "{", "{\"a\":1,\"a\":1}", "[01]", "{\"a\"}", "{\"a\":}", "[1,]", "\"\\ud800\"", "\"\\u+123\"", "nul",
      "{} {}", "\"\u{1}\"", "",
    ] {
      #expect(JSONValue(reading: Array(text.utf8)) == nil, "\(text)")
    }
    #expect(JSONValue(reading: Array("\"".utf8) + [0xFF] + Array("\"".utf8)) == nil)
  }
}
