internal import Formats
public import Signing

/// The keys that rows are sealed with: one for new rows, and those before it for what they have sealed.
public struct SealKeys: Sendable {
  /// Tells keys apart, and says nothing about them: the first four bytes of a hash.
  public struct ID: Sendable, Hashable, CustomStringConvertible {
    public let bytes: [UInt8]
    public var description: String { Hex.encode(bytes) }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    init(of key: Secret) {
      var bytes: [UInt8] = []
      Array(key.fingerprint.utf8).withUnsafeBytes { digits in
        _ = Hex.decode(digits) {
          bytes.append($0); return true
        }
      }
      self.bytes = bytes
    }
  }

  public let current: ID
  let keys: [ID: Secret]

  /// - Parameter newestFirst: at least one.
  public init?(newestFirst: [Secret]) {
    guard let first = newestFirst.first else { return nil }
    current = ID(of: first)
    keys = Dictionary(newestFirst.map { (ID(of: $0), $0) }, uniquingKeysWith: { newer, _ in newer })
  }

  public func holds(_ id: ID) -> Bool { keys[id] != nil }

  /// All of them, the one that seals new rows first.
  public var all: [Secret] {
    let others = keys.filter { $0.key != current }.values
    return [keys[current]].compactMap { $0 } + others
  }
}

extension SealKeys {
  /// Whether one of them has the id that `ID.description` writes so.
  public func holds(text: String) -> Bool { keys.keys.contains { $0.description == text } }
}
