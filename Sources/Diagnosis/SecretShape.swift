internal import Signing

/// What may be told of a secret so that somebody can compare it with the one that the sender shows: its length, and
/// what looks odd about it. None of its characters.
enum SecretShape {
  static func sentences(_ secrets: SecretSet) -> [String] {
    let told = secrets.lines.prefix(4).enumerated().map { index, line in
      "secret \(index) (\(line.fingerprint)) \(words(line))"
    }
    guard !told.isEmpty else { return [] }
    return ["Compare the secret with the one that the sender shows; here \(told.joined(separator: "; "))."]
  }

  private static func words(_ secret: Secret) -> String {
    secret.withBytes { bytes in
      let count = String(decoding: bytes, as: UTF8.self).unicodeScalars.count
      return (["has \(count) \(count == 1 ? "character" : "characters")"] + oddities(bytes)).joined(
        separator: ", ")
    }
  }

  private static func oddities(_ bytes: UnsafeRawBufferPointer) -> [String] {
    guard let first = bytes.first, let last = bytes.last else { return [] }
    func end(_ byte: UInt8, _ which: String) -> String? {
      switch byte {
      case 0x80...: "the \(which) of them not ASCII"
      case 0x20, 0x09: "the \(which) of them a blank"
      case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): "the \(which) of them a quotation mark"
      default: nil
      }
    }
    let inner = bytes.dropFirst().dropLast()
    return [
      end(first, "first"), end(last, "last"),
      inner.contains { $0 >= 0x80 } ? "some within not ASCII" : nil,
      inner.contains { $0 == 0x20 || $0 == 0x09 } ? "a blank within" : nil,
      bytes.beforeComment != nil ? "a # behind a blank, as where a comment begins" : nil,
    ].compactMap { $0 }
  }
}
