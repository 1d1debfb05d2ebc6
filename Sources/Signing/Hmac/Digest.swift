internal import COpenSSL

/// A decoded or computed HMAC of at most 64 bytes, held in place so that comparing one allocates nothing.
public struct Digest: Sendable, CustomStringConvertible, CustomReflectable {
  /// The longest digest of any hash offered here: SHA-512.
  public static let bytesMax = 64

  private var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) =
    (0, 0, 0, 0, 0, 0, 0, 0)
  public private(set) var count: Int = 0

  public init() {}

  // An HMAC of the gateway's own would be a forger's signature: it is never shown.
  public var description: String { "digest of \(count) bytes" }
  public var customMirror: Mirror { Mirror(self, children: []) }

  /// Copies `bytes`; nil when there are more than `bytesMax`.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count <= Self.bytesMax else { return nil }
    for byte in bytes { append(byte) }
  }

  /// Appends one byte; false when the digest is full already.
  @discardableResult
  public mutating func append(_ byte: UInt8) -> Bool {
    guard count < Self.bytesMax else { return false }
    let index = count
    withUnsafeMutableBytes(of: &words) { $0[index] = byte }
    count += 1
    return true
  }

  /// Lets `write` fill up to `bytesMax` bytes and say how many it wrote.
  mutating func fill(_ write: (UnsafeMutableRawBufferPointer) -> Int) {
    count = withUnsafeMutableBytes(of: &words) { write($0) }
  }

  /// Reads the digest's bytes in place.
  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    withUnsafeBytes(of: words) { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }

  /// Whether both hold the same bytes, in a time that depends on their length alone.
  public func matches(_ other: Digest) -> Bool {
    guard count == other.count, count > 0 else { return false }
    return withUnsafeBytes(of: words) { mine in
      withUnsafeBytes(of: other.words) { CRYPTO_memcmp(mine.baseAddress, $0.baseAddress, count) == 0 }
    }
  }
}
