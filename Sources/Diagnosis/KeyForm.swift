internal import Gateway
internal import Signing

/// One way in which a sender may have made its HMAC key from what stands in the secret file.
struct KeyCandidate {
  enum Form: Equatable {
    case decoded(SignatureLayout.KeyDecoding)
    case base64url
    /// Without the `whsec_` before it, but not decoded.
    case withoutPrefix
    /// Without blanks or quotation marks around it.
    case trimmed
    case withLineFeed
    case withCarriageReturnAndLineFeed
  }

  let form: Form
  let key: Secret
  /// The line as it stands in the file.
  let line: Secret
  /// Position in the file, from 0; of a replaced secret, behind them.
  let position: Int
  /// Until when a replaced secret is accepted; nil for one of the file's own.
  let replaced: PreviousSecret?

  /// Every form of every secret of the file, the likeliest first: the current one as it is in force.
  static func all(_ secrets: SecretSet, decoding: SignatureLayout.KeyDecoding) -> [KeyCandidate] {
    let lines: [(Secret, PreviousSecret?)] =
      secrets.lines.map { ($0, nil) } + secrets.previous.map { ($0.line, $0) }
    let all = lines.enumerated().flatMap { position, entry in
      forms(of: entry.0).map { form, key in
        KeyCandidate(form: form, key: key, line: entry.0, position: position, replaced: entry.1)
      }
    }
    return all.filter { $0.form == .decoded(decoding) } + all.filter { $0.form != .decoded(decoding) }
  }

  private static func forms(of line: Secret) -> [(Form, Secret)] {
    line.withBytes { text in
      var forms: [(Form, Secret)] = [(.decoded(.raw), line)]
      func add(_ form: Form, _ secret: Secret?) {
        guard let secret, secret.count > 0, !forms.contains(where: { $0.1.isSame(as: secret) }) else {
          return
        }
        forms.append((form, secret))
      }
      add(.decoded(.hex), Secret.decoding(text) { Hex.decode($0, emit: $1) })
      add(.decoded(.base64), Secret.decoding(text) { Base64.decode($0, alphabet: .standard, emit: $1) })
      let rest = text.hasPrefix(whsec) ? UnsafeRawBufferPointer(rebasing: text[whsec.count...]) : nil
      if let rest {
        add(.decoded(.whsec), Secret.decoding(rest) { Base64.decode($0, alphabet: .standard, emit: $1) })
        add(.withoutPrefix, Secret(copying: rest))
      }
      add(.base64url, Secret.decoding(rest ?? text) { Base64.decode($0, alphabet: .url, emit: $1) })
      add(.trimmed, trimmed(text))
      add(.withLineFeed, extended(text, by: [0x0A]))
      add(.withCarriageReturnAndLineFeed, extended(text, by: [0x0D, 0x0A]))
      return forms
    }
  }

  private static let whsec = Array("whsec_".utf8)

  private static func extended(_ text: UnsafeRawBufferPointer, by ending: [UInt8]) -> Secret {
    var buffer = [UInt8](repeating: 0, count: text.count + ending.count)
    defer { wipe(&buffer) }
    buffer.withUnsafeMutableBytes { target in
      target.copyMemory(from: text)
      for (offset, byte) in ending.enumerated() { target[text.count + offset] = byte }
    }
    return buffer.withUnsafeBytes { Secret(copying: $0) }
  }

  private static func trimmed(_ text: UnsafeRawBufferPointer) -> Secret? {
    var inner = text.trimmingBlanks
    let quotes = [UInt8(ascii: "\""), UInt8(ascii: "'")]
    if inner.count > 2, let first = inner.first, first == inner.last, quotes.contains(first) {
      inner = UnsafeRawBufferPointer(rebasing: inner[1..<inner.count - 1])
    }
    return inner.count < text.count ? Secret(copying: inner) : nil
  }
}
