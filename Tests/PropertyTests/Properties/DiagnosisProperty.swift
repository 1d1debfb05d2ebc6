import Formats
import Gateway
import HTTP
import Signing

@testable import Diagnosis

/// What holds of any request that is diagnosed, and of any body that is read as JSON to be written anew.
enum DiagnosisProperty {
  private static let secret = "a-secret-that-is-never-shown"

  static func violation(_ input: [UInt8]) -> String? {
    if let value = JSONValue(reading: input), let text = styleViolation(value) { return text }
    guard let choice = input.first, let request = request(Array(input.dropFirst())) else { return nil }
    let layout = SignatureLayout.presets[Int(choice) % SignatureLayout.presets.count].layout
    let key = Secret(Array(secret.utf8))
    let arrivals: [Int64] = [1_781_519_012_000, 0, -62_167_219_200_000, 253_402_300_799_999]
    let arrival = Moment(unixMilliseconds: arrivals[Int(choice >> 4) % 4], uptimeNanoseconds: 0)
    let refused = RefusedCase(
      head: request.head, body: request.body, layout: layout,
      secrets: SecretSet(path: "/s", lines: [key], keys: [key]), arrival: arrival)
    let limits = WorkLimits(combinationsMax: 400, hashedBytesMax: 1 << 20, jsonBytesMax: 1 << 16)
    return wordsViolation(Diagnosis.of(refused, limits: limits))
  }

  /// However a program writes it, the same is read.
  private static func styleViolation(_ value: JSONValue) -> String? {
    let plain = JSONStyle.all[0].write(value)
    for style in JSONStyle.all where !style.sortsKeys {
      guard let again = JSONValue(reading: style.write(value)), JSONStyle.all[0].write(again) == plain else {
        return "\(style.name) is read as something else"
      }
    }
    return nil
  }

  private static func request(_ bytes: [UInt8]) -> (head: RequestHead, body: [UInt8])? {
    var reader = RequestReader(bounds: Limits().requestBounds)
    var rest = bytes[...]
    var head: RequestHead?
    var body: [UInt8] = []
    while true {
      var consumed = 0
      let start = rest.startIndex
      guard let event = try? rest.withUnsafeBytes({ try reader.read($0, consumed: &consumed) }) else {
        return nil
      }
      switch event {
      case .needMore: return nil
      case .head(let read): head = read
      case .body(let range): body += rest[(start + range.lowerBound)..<(start + range.upperBound)]
      case .end: return head.map { ($0, body) }
      }
      rest = rest.dropFirst(consumed)
    }
  }

  private static func wordsViolation(_ finding: Finding) -> String? {
    let words = [finding.sentence] + finding.settings + finding.advice + finding.ruledOut
    guard words.allSatisfy({ !$0.contains(secret) }) else { return "the secret is shown" }
    let isPlain = words.allSatisfy { text in
      text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
    }
    return isPlain ? nil : "a control character in a finding"
  }
}
