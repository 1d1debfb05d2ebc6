/// A route's path: one exact path, or everything below a prefix.
public struct PathPattern: Sendable, Equatable {
  /// For a prefix it ends in `/`.
  public let bytes: [UInt8]
  public let isPrefix: Bool

  /// Reads `/exact/path` or `/prefix/*`; nil when the text is neither.
  public init?(_ text: String) {
    var bytes = Array(text.utf8)
    guard bytes.first == UInt8(ascii: "/"), bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    isPrefix = bytes.count >= 2 && bytes.suffix(2).elementsEqual("/*".utf8)
    if isPrefix { bytes.removeLast() }
    let forbidden = Array("*?#\\".utf8)
    guard !bytes.contains(where: forbidden.contains) else { return nil }
    self.bytes = bytes
  }

  public var text: String { String(decoding: bytes, as: UTF8.self) + (isPrefix ? "*" : "") }
}
