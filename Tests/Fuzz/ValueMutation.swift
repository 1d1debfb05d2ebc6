import Foundation
import Signing
import TestSupport

/// Another value for one setting of a configuration. libFuzzer knows bytes, and most of what it does to a
/// configuration breaks it before a value is looked at.
struct ValueMutation {
  private static let separator = Array(": ".utf8)
  private static let words =
    [
      "none", "unlimited", "auto", "any", "all", "first", "true", "false", "null", "~", "unix", "*", "comma",
      "space", "base64", "base64url", "hex", "whsec", "raw", "sha512", "milliseconds", "rfc3339", "key:t",
      "header:a", "\"{id}.{timestamp}.{body}\"", "\"{body}\"", "[]", "{}",
    ] + SignatureLayout.presets.map(\.name)
  /// What may stand in a quoted text.
  private static let pieces = [
    "a", "Z", "0", "-", "_", "/", ".", ":", ": ", " #", "#", "'", "\\\"", "\\\\", "\\x1b", "\\u0085", "\\n",
    "\\t", " ", "%2f", "@", "{", "}", "[", ",", "&", "*", "!", "|", "~", "null", "ä", "=", "?", "\\U0001F600",
  ]

  /// What opens a collection, a key or a value, decorated or not.
  private static let openings = [
    "{", "[", "{{", "{[", "[{", "? ", "- ", "- ? ", "{? ", "{a: ", "a: {", "{!!map ", "{&a ", "&a ", "!!str ",
    "%TAG !a! b\n",
    "a: 1\n", "*a ", "# \n",
  ].map { Array($0.utf8) }

  /// Configurations of which nothing is broken yet, as scripts/fuzz-seeds makes them.
  private static let seeds: [[UInt8]] = {
    guard let folder = ProcessInfo.processInfo.environment["FUZZ_SEEDS"] else { return [] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().compactMap {
      FileManager.default.contents(atPath: "\(folder)/\($0)").map(Array.init)
    }
  }()

  private var generator: SeededGenerator

  init(seed: UInt32) { generator = SeededGenerator(seed: UInt64(seed)) }

  mutating func isChosen(oneIn count: Int) -> Bool { Int.random(in: 0..<count, using: &generator) == 0 }

  /// Of the input, or of a seed. Nil where no line has a value.
  mutating func mutated(_ input: [UInt8]) -> [UInt8]? {
    let seed = isChosen(oneIn: 2) ? Self.seeds.randomElement(using: &generator) : nil
    var lines = (seed ?? input).parts(0x0A)
    let valued = lines.indices.filter { lines[$0].firstRange(of: Self.separator) != nil }
    guard let chosen = valued.randomElement(using: &generator) else { return nil }
    guard let range = lines[chosen].firstRange(of: Self.separator) else { return nil }
    if isChosen(oneIn: 12) {
      lines[chosen].replaceSubrange(range.upperBound..., with: repeated())
      return Array(lines.joined(separator: [0x0A]))
    }
    let isNumber = lines[chosen][range.upperBound...].allSatisfy { (0x30...0x39).contains($0) }
    let new = isNumber && !isChosen(oneIn: 4) ? number() : value()
    lines[chosen].replaceSubrange(range.upperBound..., with: new)
    return Array(lines.joined(separator: [0x0A]))
  }

  private mutating func value() -> [UInt8] {
    switch Int.random(in: 0..<3, using: &generator) {
    case 0: number()
    case 1: Array(Self.words.randomElement(using: &generator)!.utf8)
    default: quoted()
    }
  }

  /// Of any length alike.
  private mutating func number() -> [UInt8] {
    let bits = Int.random(in: 1...31, using: &generator)
    return Array("\(Int.random(in: 0..<1 << bits, using: &generator))".utf8)
  }

  /// One or two openings, up to as often as a recursion that nobody counts would not stand.
  private mutating func repeated() -> [UInt8] {
    let bits = Int.random(in: 1...12, using: &generator)
    let once =
      Self.openings.randomElement(using: &generator)!
      + (isChosen(oneIn: 3) ? Self.openings.randomElement(using: &generator)! : [])
    return Array(repeatElement(once, count: Int.random(in: 1...1 << bits, using: &generator)).joined())
  }

  private mutating func quoted() -> [UInt8] {
    let count = Int.random(in: 0...5, using: &generator)
    let text = (0..<count).map { _ in Self.pieces.randomElement(using: &generator)! }.joined()
    return Array("\"\(text)\"".utf8)
  }
}
