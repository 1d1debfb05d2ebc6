internal import Formats
public import Signing

extension SecretFile.Content {
  /// Decodes every line to its HMAC key; one that cannot be decoded is a problem that names its line.
  ///
  /// - Parameter old: what was known of a rotation before.
  public func secretSet(
    keyDecoding: SignatureLayout.KeyDecoding, generation: Int = 1, after old: RotationNotice? = nil
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
      path: path, lines: secrets, keys: keys, previous: previousSecrets(keyDecoding),
      rotation: rotation(after: old), generation: generation)
  }

  /// A journal that cannot be read takes nothing back that was known before.
  private func rotation(after old: RotationNotice?) -> RotationNotice? {
    guard isJournalUnread, let old, old.isCompromised else { return rotation }
    return old
  }

  /// The rotation that is under way, nil when no journal stands.
  public var rotation: RotationNotice? { journal.map(\.notice) }

  /// What is odd about it and keeps nothing from being used: sentences that name the file, and each line by its
  /// number.
  public func warnings(keyDecoding: SignatureLayout.KeyDecoding) -> [String] {
    let ofLines = lines.flatMap { line in
      SecretAdvice.all(line.secret, key: KeyDecoder.key(of: line.secret, keyDecoding)).map {
        "\(path) holds in line \(line.number) a secret that \($0)"
      }
    }
    return ofLines + [warning].compactMap { $0 }
  }

  /// One that cannot be decoded any more was replaced along with the decoding.
  private func previousSecrets(_ keyDecoding: SignatureLayout.KeyDecoding) -> [PreviousSecret] {
    previous.compactMap { line in
      KeyDecoder.key(of: line.secret, keyDecoding).map { key in
        PreviousSecret(
          line: line.secret, key: key, signedBeforeUnixMilliseconds: line.signedBefore,
          untilUnixMilliseconds: line.until)
      }
    }
  }
}

extension Journal {
  public var notice: RotationNotice {
    RotationNotice(
      beganUnixMilliseconds: began, mode: mode == .byHand ? .byHand : .call, isCompromised: compromised)
  }
}

/// What the HMAC key is that a line of a secret file stands for.
public enum KeyDecoder {
  /// Nil where the line is not of that form: hex or base64 with its padding (RFC 4648, sections 8 and 4), or
  /// `whsec_` and such base64, as Standard Webhooks writes its secrets.
  public static func key(of line: Secret, _ decoding: SignatureLayout.KeyDecoding) -> Secret? {
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
