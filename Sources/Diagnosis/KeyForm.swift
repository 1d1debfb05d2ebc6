internal import Formats
internal import HTTP
internal import Signing

/// One way in which a sender may have made its HMAC key from what stands in the secret file.
struct KeyCandidate {
  enum Form: Equatable {
    case decoded(SignatureLayout.KeyDecoding)
    case base64url
    /// Without the `whsec_` before it, but not decoded.
    case withoutPrefix
    /// Without blanks, no-break spaces or quotation marks around it.
    case trimmed
    /// Without the `NAME=` of a shell's or an environment file's line before it.
    case withoutName
    /// Without a blank, `#` and what stands behind it.
    case withoutComment
    case withoutNameAndComment
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
  /// The route whose secret it is, where that is another than the delivery's.
  var otherRoute: String?

  /// Of the other routes' files, each form of each secret.
  static func all(_ others: [OtherRoute]) -> [KeyCandidate] {
    others.flatMap { other in
      all(other.secrets, decoding: .raw).map { key in
        var key = key
        key.otherRoute = other.name
        return key
      }
    }
  }

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
      let value = withoutName(text)
      if let value { add(.withoutName, bare(value)) }
      if let before = text.beforeComment { add(.withoutComment, bare(before)) }
      if let before = value?.beforeComment { add(.withoutNameAndComment, bare(before)) }
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

  /// What stands behind `NAME=`, also behind `export NAME=`.
  private static func withoutName(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    var rest = text.trimmingBlanks
    let export = Array("export ".utf8)
    if rest.hasPrefix(export) {
      rest = UnsafeRawBufferPointer(rebasing: rest[export.count...]).trimmingBlanks
    }
    let name = rest.prefix { byte in
      byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
        || (0x61...0x7A).contains(byte)
    }
    guard let first = name.first, !(0x30...0x39).contains(first), rest.count > name.count + 1,
      rest[name.count] == UInt8(ascii: "=")
    else { return nil }
    return UnsafeRawBufferPointer(rebasing: rest[(name.count + 1)...])
  }

  /// A no-break space and a byte order mark, as UTF-8 writes them: they look like nothing.
  private static let invisible: [[UInt8]] = [[0xC2, 0xA0], [0xEF, 0xBB, 0xBF], [0xE2, 0x80, 0x8B]]

  private static func trimmingInvisible(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var inner = text.trimmingBlanks
    while true {
      if let start = invisible.first(where: { inner.hasPrefix($0) }) {
        inner = UnsafeRawBufferPointer(rebasing: inner[start.count...]).trimmingBlanks
      } else if let end = invisible.first(where: {
        inner.count >= $0.count && inner.suffix($0.count).elementsEqual($0)
      }) {
        inner = UnsafeRawBufferPointer(rebasing: inner[..<(inner.count - end.count)]).trimmingBlanks
      } else {
        return inner
      }
    }
  }

  /// Without what may surround it.
  private static func bare(_ text: UnsafeRawBufferPointer) -> Secret {
    trimmed(text) ?? Secret(copying: text)
  }

  private static func trimmed(_ text: UnsafeRawBufferPointer) -> Secret? {
    var inner = trimmingInvisible(text)
    let quotes = [UInt8(ascii: "\""), UInt8(ascii: "'")]
    if inner.count > 2, let first = inner.first, first == inner.last, quotes.contains(first) {
      inner = trimmingInvisible(UnsafeRawBufferPointer(rebasing: inner[1..<inner.count - 1]))
    }
    return inner.count < text.count ? Secret(copying: inner) : nil
  }
}

extension UnsafeRawBufferPointer {
  /// What stands before the first blank that has a `#` behind it; nil where none has, or nothing is before.
  var beforeComment: UnsafeRawBufferPointer? {
    let mark = indices.dropFirst().first { index in
      self[index] == UInt8(ascii: "#") && [0x20, 0x09].contains(self[index - 1])
    }
    guard let mark else { return nil }
    let before = UnsafeRawBufferPointer(rebasing: self[..<(mark - 1)])
    return before.trimmingBlanks.isEmpty ? nil : before
  }
}
