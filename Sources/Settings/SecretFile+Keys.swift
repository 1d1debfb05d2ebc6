public import Gateway
internal import Signing

extension SecretFile.Content {
  /// Decodes every line to its HMAC key; one that cannot be decoded is a problem that names its line.
  public func secretSet(
    keyDecoding: SignatureLayout.KeyDecoding, generation: Int = 1
  ) throws(SecretFileProblem) -> SecretSet {
    var keys: [Secret] = []
    for line in lines {
      guard let key = KeyDecoder.key(of: line.secret, keyDecoding) else {
        throw SecretFileProblem(
          kind: .configuration, path: path,
          sentence: "does not hold \(KeyDecoder.wanted(keyDecoding)) in line \(line.number), "
            + "as key-decoding: \(keyDecoding.rawValue) asks for")
      }
      keys.append(key)
    }
    return SecretSet(
      path: path, lines: secrets, keys: keys, previous: previousSecrets(keyDecoding), rotation: rotation,
      generation: generation)
  }

  /// One that cannot be decoded any more was replaced along with the decoding.
  private func previousSecrets(_ keyDecoding: SignatureLayout.KeyDecoding) -> [PreviousSecret] {
    previous.compactMap { line in
      KeyDecoder.key(of: line.secret, keyDecoding).map { key in
        PreviousSecret(
          line: line.secret, key: key, signedBeforeUnixMilliseconds: line.signedBeforeUnixMilliseconds,
          untilUnixMilliseconds: line.untilUnixMilliseconds)
      }
    }
  }
}

enum KeyDecoder {
  static func key(of line: Secret, _ decoding: SignatureLayout.KeyDecoding) -> Secret? {
    line.withBytes { text in
      switch decoding {
      case .raw: line
      case .hex: Secret.decoding(text) { Hex.decode($0, emit: $1) }
      case .base64: Secret.decoding(text) { Base64.decode($0, alphabet: .standard, emit: $1) }
      case .whsec:
        text.hasPrefix(whsec)
          ? Secret.decoding(UnsafeRawBufferPointer(rebasing: text[whsec.count...])) {
            Base64.decode($0, alphabet: .standard, emit: $1)
          } : nil
      }
    }
  }

  static func wanted(_ decoding: SignatureLayout.KeyDecoding) -> String {
    switch decoding {
    case .raw: "a secret"
    case .hex: "pairs of hex digits"
    case .base64: "padded base64"
    case .whsec: "whsec_ and padded base64"
    }
  }

  private static let whsec = Array("whsec_".utf8)
}
