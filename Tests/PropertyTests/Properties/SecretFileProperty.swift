import Signing

@testable import Gateway
@testable import Settings

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
      guard texts.indices.contains(line.number - 1), texts[line.number - 1] == secret else {
        return "line \(line.number) is another secret"
      }
      guard !secret.trimmed.isEmpty, !secret.contains(0), seen.insert(secret).inserted else {
        return "line \(line.number) is blank, binary or twice there"
      }
      if let text = keyViolation(line.secret, secret) { return text }
    }
    // Nothing that stands in the file is overlooked: an operator counts on every line.
    let wanted = Set(texts.filter { !$0.isEmpty })
    return seen == wanted ? nil : "\(wanted.count) lines, \(seen.count) secrets"
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
    guard let lines = try? RotationFiles.previousLines(of: input) else { return nil }
    guard lines.count <= RotationFiles.previousMax else { return "\(lines.count) replaced secrets" }
    for line in lines where line.secret.count == 0 { return "an empty replaced secret" }
    return nil
  }

  /// A journal that stands is a rotation, whatever is in it.
  private static func journalViolation(_ input: [UInt8]) -> String? {
    let notice = RotationFiles.notice(RotationFiles.journalFields(of: input), modifiedUnixMilliseconds: 7)
    return RotationFiles.instants.contains(notice.beganUnixMilliseconds) ? nil : "an instant out of range"
  }
}
