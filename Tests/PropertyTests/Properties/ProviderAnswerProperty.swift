import Signing

@testable import Gateway
@testable import Rotation
@testable import Secrets

/// What holds of any answer of a provider's API, and of any file of replaced secrets. The first two bytes are
/// the status, the head ends at the first empty line.
enum ProviderAnswerProperty {
  static func violation(_ input: [UInt8]) -> String? { previousViolation(input) ?? answerViolation(input) }

  private static func answerViolation(_ input: [UInt8]) -> String? {
    guard input.count >= 2 else { return nil }
    let status = 100 + (Int(input[0]) << 8 | Int(input[1])) % 500
    let rest = Array(input.dropFirst(2))
    let end = rest.indices.first { rest[$0...].starts(with: [0x0A, 0x0A]) } ?? rest.count
    let head = Array("HTTP/1.1 \(status) X\n".utf8) + rest[..<end]
    let answer = CurlCall.Answer(status: status, head: head, body: Array(rest.dropFirst(end + 2)))
    switch VesicashProvider().judge(answer) {
    case .rotated(let secret):
      guard (200...299).contains(status) else { return "a secret of an answer \(status)" }
      return secret.withBytes { SecretFile.flaw(in: Array($0)) }
    case .refused(let refusal):
      // A request that was carried out must never count as one that was not.
      guard !(200...299).contains(status), status < 500 else { return "refused by an answer \(status)" }
      return wordsViolation(refusal.sentence)
    case .unknown(let sentence): return wordsViolation(sentence)
    }
  }

  private static func wordsViolation(_ text: String) -> String? {
    let isPlain = text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
    return isPlain ? nil : "a control character in a sentence"
  }

  private static func previousViolation(_ input: [UInt8]) -> String? {
    guard let previous = PreviousSecrets(reading: input) else { return nil }
    guard previous.entries.count <= PreviousSecrets.entriesMax else { return "more than are kept" }
    for now in [Int64.min, 0, .max] {
      guard
        previous.adding(previous.entries, current: nil, now: now).entries.count <= PreviousSecrets.entriesMax
      else { return "more are added than are kept" }
    }
    guard let again = PreviousSecrets(reading: previous.bytes) else { return "it does not read back" }
    let isSame = zip(previous.entries, again.entries).allSatisfy {
      $0.until == $1.until && $0.signedBefore == $1.signedBefore && $0.secret.isSame(as: $1.secret)
    }
    return isSame && again.entries.count == previous.entries.count ? nil : "it reads back differently"
  }
}
