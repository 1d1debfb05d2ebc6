/// What a secret may look like, so that a line of the secret file can hold it.
public enum SecretText {
  public static let bytesMax = 4_096

  /// What is wrong with a secret, as the end of a sentence; nil when it can be used.
  public static func flaw(in bytes: [UInt8]) -> String? {
    if bytes.isEmpty { return "is empty" }
    if bytes.count > bytesMax { return "is longer than \(bytesMax) bytes" }
    if bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "holds a control character" }
    if bytes.allSatisfy({ $0 == 0x20 }) { return "holds nothing but blanks" }
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { return "begins with a byte order mark" }
    return nil
  }
}
