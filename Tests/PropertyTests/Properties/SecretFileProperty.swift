import Formats
import Signing

@testable import Secrets

/// What holds of any content of a secret file and of what a rotation keeps beside it.
enum SecretFileProperty {
  static func violation(_ input: [UInt8]) -> String? {
    linesViolation(input) ?? previousViolation(input) ?? journalViolation(input)
  }

  private static func linesViolation(_ input: [UInt8]) -> String? {
    guard let lines = try? SecretFile.lines(of: input) else { return nil }
    guard (1...SecretFile.secretsMax).contains(lines.count) else { return "\(lines.count) secrets" }
    let texts = input.parts(0x0A).map { $0.last == 0x0D ? Array($0.dropLast()) : $0 }
    var seen: Set<[UInt8]> = []
    for line in lines {
      let secret = line.secret.withBytes { Array($0) }
      guard texts.indices.contains(line.number - 1), texts[line.number - 1] == spelling(secret) else {
        return "line \(line.number) is another secret"
      }
      guard !secret.trimmed.isEmpty, !secret.contains(0), seen.insert(secret).inserted else {
        return "line \(line.number) is blank, binary or twice there"
      }
      if let text = keyViolation(line.secret, secret) { return text }
    }
    // Nothing that stands in the file is overlooked: an operator counts on every line.
    let wanted = Set(texts.filter { !$0.isEmpty })
    guard Set(seen.map(spelling)) == wanted else { return "\(wanted.count) lines, \(seen.count) secrets" }
    return rewrittenViolation(lines)
  }

  /// A comment is no secret; one that looks so has a form of its own.
  private static func spelling(_ secret: [UInt8]) -> [UInt8] {
    secret.trimmed.first == UInt8(ascii: "#") ? Array("#literal:".utf8) + secret : secret
  }

  /// What is written reads back to the same secrets.
  private static func rewrittenViolation(_ lines: [SecretFile.Line]) -> String? {
    let bytes = SecretFile.bytes(of: lines.map(\.secret))
    // A return at a secret's end is read as part of the line's, and none can be entered.
    guard !bytes.contains(0x0D) else { return nil }
    guard let again = try? SecretFile.lines(of: bytes) else {
      return bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? nil : "cannot be read when written anew"
    }
    let isSame =
      again.count == lines.count && zip(again, lines).allSatisfy { $0.secret.isSame(as: $1.secret) }
    return isSame ? nil : "other secrets when written anew"
  }

  /// A key is the text's, in exactly one spelling.
  private static func keyViolation(_ line: Secret, _ text: [UInt8]) -> String? {
    for decoding in SignatureLayout.KeyDecoding.allCases {
      guard let key = KeyDecoder.key(of: line, decoding)?.withBytes({ Array($0) }) else { continue }
      let isSame =
        switch decoding {
        case .raw: key == text
        case .hex: Array(Hex.encode(key).utf8) == text.lowercased
        case .base64: Array(Base64.encode(key).utf8) == text
        case .whsec: Array("whsec_\(Base64.encode(key))".utf8) == text
        }
      guard isSame, !key.isEmpty else { return "another key as \(decoding)" }
    }
    return nil
  }

  private static func previousViolation(_ input: [UInt8]) -> String? {
    guard let previous = PreviousSecrets(reading: input) else { return nil }
    guard previous.entries.count <= PreviousSecrets.entriesMax else {
      return "\(previous.entries.count) replaced secrets"
    }
    for entry in previous.entries where entry.secret.count == 0 { return "an empty replaced secret" }
    guard let again = PreviousSecrets(reading: previous.bytes), again.entries.count == previous.entries.count,
      zip(again.entries, previous.entries).allSatisfy({ $0.secret.isSame(as: $1.secret) })
    else { return "other replaced secrets when written anew" }
    return nil
  }

  /// A journal that stands is a rotation, whatever is in it.
  private static func journalViolation(_ input: [UInt8]) -> String? {
    Journal.instants.contains(Journal(input, modified: 7).began) ? nil : "an instant out of range"
  }
}
