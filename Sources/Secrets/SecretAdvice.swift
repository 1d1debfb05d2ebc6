internal import Formats

public import Signing

/// What is odd about a secret that can be used all the same: a provider may have made it so.
public enum SecretAdvice {
  /// Ends of sentences whose subject is the secret; none says a byte of it.
  ///
  /// - Parameter key: the HMAC key that it decodes to.
  public static func all(_ secret: Secret, key: Secret?) -> [String] {
    var found = secret.withBytes { text in
      [
        quotes(text), edges(text), foreign(text), name(text), comment(text), control(text),
      ].compactMap { $0 }
    }
    if let key, isShort(key) {
      let bytes = key.count == 1 ? "byte" : "bytes"
      found.append(
        "is a key of only \(key.count) \(bytes), which can be guessed: have one of \(SecretFile.keyBytesMin) or "
          + "more made, where the provider allows it")
    }
    return found
  }

  /// Of one that somebody has just entered: in a file such a line says of itself that it is no comment.
  public static func ofEntry(_ secret: Secret) -> String? {
    secret.withBytes { text in
      text.first { !isBlank($0) } == UInt8(ascii: "#")
        ? "begins with #; if that is a comment, enter the secret itself" : nil
    }
  }

  /// Whether an HMAC key is so short that it can be guessed.
  public static func isShort(_ key: Secret) -> Bool { key.count < SecretFile.keyBytesMin }

  /// `28 characters`, as whoever entered it counts them.
  public static func length(_ secret: Secret) -> String {
    let count = secret.withBytes { text in
      String(validating: text, as: UTF8.self).map { $0.unicodeScalars.count } ?? text.count
    }
    return count == 1 ? "1 character" : "\(count) characters"
  }

  private static func quotes(_ text: UnsafeRawBufferPointer) -> String? {
    guard text.count > 1, let first = text.first, text.last == first, "\"'`".utf8.contains(first) else {
      return nil
    }
    return "stands in quotation marks, which count as part of it"
  }

  private static let noBreakSpace: [UInt8] = [0xC2, 0xA0]

  private static func edges(_ text: UnsafeRawBufferPointer) -> String? {
    let blanks: [[UInt8]] = [[0x20], [0x09]]
    func isAtEdge(_ blank: [UInt8]) -> Bool {
      text.starts(with: blank) || text.reversed().starts(with: blank.reversed())
    }
    if isAtEdge(noBreakSpace) { return "has a no-break space at an edge, which counts as part of it" }
    return blanks.contains(where: isAtEdge) ? "has a blank at an edge, which counts as part of it" : nil
  }

  private static func foreign(_ text: UnsafeRawBufferPointer) -> String? {
    text.contains { $0 >= 0x80 } ? "holds a character that is not ASCII, as secrets seldom do" : nil
  }

  private static func control(_ text: UnsafeRawBufferPointer) -> String? {
    text.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }
      ? "holds a control character, which counts as part of it" : nil
  }

  /// `NAME=` as a file of variables has it. A base64 text ends in `=` and has nothing behind.
  private static func name(_ text: UnsafeRawBufferPointer) -> String? {
    guard let equals = text.firstIndex(of: UInt8(ascii: "=")), let first = text.first, isLetter(first) else {
      return nil
    }
    let isName = text[..<equals].allSatisfy { isLetter($0) || (0x30...0x39).contains($0) }
    let hasValue = text[equals...].contains { $0 != UInt8(ascii: "=") }
    return isName && hasValue ? "has a name and = before it, which count as part of it" : nil
  }

  /// A blank with `#` behind it, where a file of settings would begin a comment.
  private static func comment(_ text: UnsafeRawBufferPointer) -> String? {
    guard let first = text.firstIndex(where: { !isBlank($0) }) else { return nil }
    let marks = text.indices.dropFirst(first + 1).contains { index in
      text[index] == UInt8(ascii: "#") && isBlank(text[index - 1])
    }
    return marks ? "holds a blank and # behind it; a comment there counts as part of it" : nil
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private static func isLetter(_ byte: UInt8) -> Bool {
    byte.isASCIILetter || byte == UInt8(ascii: "_")
  }
}
