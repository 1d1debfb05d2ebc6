public import Signing

/// The format of a secret file, read and written here alone: plain text, one secret a line. The first that is
/// not empty is the current one, the others are accepted too.
///
/// A line that begins with `#` would be a comment to whoever writes it, and a key that anybody can guess. So it
/// is refused; a secret that does begin so has `#literal:` before it. That form cannot be mistaken for an older
/// file's: what begins with `#` was never to be had from a file that is still accepted.
public enum SecretFile {
  /// A larger file is refused.
  public static let bytesMax = 65_536
  /// So is one with more secrets.
  public static let secretsMax = 8
  /// The longest that can be entered, or come from a provider.
  public static let secretBytesMax = 4_096
  /// Shorter keys can be guessed.
  public static let keyBytesMin = 16
  static let empty = "is empty: write the secret into it, on a line of its own"
  private static let literal = Array("#literal:".utf8)

  public struct Line: Sendable {
    public let secret: Secret
    /// In the file, from 1.
    public let number: Int
  }

  /// What a file says. A flaw keeps the daemon from using any of it.
  struct Reading {
    /// A repeated line counts once.
    var lines: [Line] = []
    /// The first, as a sentence whose subject is the file.
    var flaw: String?
  }

  // MARK: Reading

  static func lines(of bytes: [UInt8]) throws(FileProblem) -> [Line] {
    let reading = read(bytes)
    if let flaw = reading.flaw { throw FileProblem(kind: .configuration, sentence: flaw) }
    return reading.lines
  }

  /// Goes on behind a flaw: a command that replaces the file keeps what can be kept.
  static func read(_ bytes: [UInt8]) -> Reading {
    var reading = Reading()
    if bytes.starts(with: byteOrderMark) {
      reading.flaw = "begins with a byte order mark: save it as plain text without one"
    }
    var number = 0
    var start = 0
    while start < bytes.count, reading.lines.count <= secretsMax {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      number += 1
      read(withoutReturn(bytes[start..<end]), number, into: &reading)
      start = end + 1
    }
    if reading.lines.count > secretsMax, reading.flaw == nil {
      reading.flaw = "holds more than \(secretsMax) secrets: remove those that are out of use"
    }
    if reading.lines.isEmpty, reading.flaw == nil { reading.flaw = empty }
    return reading
  }

  private static func read(_ text: ArraySlice<UInt8>, _ number: Int, into reading: inout Reading) {
    guard !text.isEmpty else { return }
    if let flaw = flaw(inLine: text, number) {
      reading.flaw = reading.flaw ?? flaw
    } else if let secret = secret(ofLine: text),
      !reading.lines.contains(where: { $0.secret.isSame(as: secret) })
    {
      reading.lines.append(Line(secret: secret, number: number))
    }
  }

  static func withoutReturn(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    line.last == UInt8(ascii: "\r") ? line.dropLast() : line
  }

  private static func flaw(inLine text: ArraySlice<UInt8>, _ number: Int) -> String? {
    if let flaw = flaw(inText: text, number) { return flaw }
    guard secret(ofLine: text) == nil else { return nil }
    return
      "begins line \(number) with #, but knows no comments: that would be a key anybody can guess. Remove "
      + "the line; where a secret does begin with #, write #literal: before it"
  }

  /// Of a line that is no comment, or stands where there are none.
  private static func flaw(inText text: ArraySlice<UInt8>, _ number: Int) -> String? {
    if text.contains(0) { return "holds a NUL byte in line \(number)" }
    // Left over from an editor; as a secret anyone could guess it.
    if isBlank(text) {
      return "holds nothing but blanks in line \(number): remove them or the line"
    }
    // No command would take such a secret, and none could write it again.
    if text.last == UInt8(ascii: "\r") {
      return "ends line \(number) with more than one carriage return: save it with plain line ends"
    }
    return nil
  }

  /// The secret that a line stands for; nil where it is a comment.
  static func secret(ofLine text: ArraySlice<UInt8>) -> Secret? {
    guard isComment(text) else { return text.withUnsafeBytes { Secret(copying: $0) } }
    let behind = text.dropFirst(literal.count)
    guard text.starts(with: literal), isComment(behind) else { return nil }
    return behind.withUnsafeBytes { Secret(copying: $0) }
  }

  /// The secret that a line of a file stands for that vesigate alone writes. Nobody writes a comment there: what
  /// begins with # was written before such secrets had a form of their own. Nil for what no secret file may hold.
  static func writtenSecret(ofLine text: ArraySlice<UInt8>) -> Secret? {
    guard flaw(inText: text, 1) == nil else { return nil }
    return secret(ofLine: text) ?? text.withUnsafeBytes { Secret(copying: $0) }
  }

  /// The secret that a file with one answer stands for: the one that is current once this is the secret file. Nil
  /// where it is not whole, or the daemon would refuse it.
  static func answer(in bytes: [UInt8]) -> Secret? {
    guard bytes.last == UInt8(ascii: "\n") else { return nil }
    let reading = read(bytes)
    guard reading.flaw != nil else { return reading.lines.first?.secret }
    let line = withoutReturn(bytes.dropLast())
    guard !line.contains(UInt8(ascii: "\n")), isComment(line) else { return nil }
    return writtenSecret(ofLine: line)
  }

  private static func isComment(_ text: some Sequence<UInt8>) -> Bool {
    text.first { !isBlank($0) } == UInt8(ascii: "#")
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// Nothing that can be seen: blanks, no-break spaces, vertical tabs and form feeds.
  private static func isBlank(_ text: ArraySlice<UInt8>) -> Bool {
    var rest = text
    while let byte = rest.first {
      if rest.starts(with: noBreakSpace) {
        rest = rest.dropFirst(noBreakSpace.count)
      } else if isBlank(byte) || byte == 0x0B || byte == 0x0C {
        rest = rest.dropFirst()
      } else {
        return false
      }
    }
    return true
  }

  private static let noBreakSpace: [UInt8] = [0xC2, 0xA0]

  // MARK: Writing

  /// The bytes of a file with these secrets, which the caller wipes.
  static func bytes(of secrets: [Secret]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(secrets.reduce(0) { $0 + room(for: $1) })
    for secret in secrets { append(secret, to: &bytes) }
    return bytes
  }

  /// So much does a secret's line take at most, its end included.
  static func room(for secret: Secret) -> Int { literal.count + secret.count + 1 }

  /// Appends a secret as a line, its end included, within the room that the bytes have.
  static func append(_ secret: Secret, to bytes: inout [UInt8]) {
    secret.withBytes { text in
      if isComment(text) { bytes += literal }
      bytes += text
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// What keeps a secret from being a line, as the end of a sentence; nil when it can be used.
  public static func flaw(in bytes: [UInt8]) -> String? {
    if bytes.isEmpty { return "is empty" }
    if bytes.contains(where: { $0 == 0x0A || $0 == 0x0D }) { return "is more than one line" }
    if bytes.count > secretBytesMax { return "is longer than \(secretBytesMax) bytes" }
    if bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "holds a control character" }
    if isBlank(bytes[...]) { return "holds nothing but blanks" }
    if bytes.starts(with: byteOrderMark) { return "begins with a byte order mark" }
    return nil
  }
}
