internal import COpenSSL
internal import Formats

/// A signing secret. Its bytes can be keyed into an HMAC and compared, never printed: every way of turning
/// it into text gives the fingerprint. The memory is wiped when the last reference goes.
//
// @unchecked Sendable: `storage` is written in `init` only and only read until `deinit`, which runs once
// nobody refers to it any more.
public final class Secret: @unchecked Sendable, CustomStringConvertible, CustomReflectable {
  private let storage: UnsafeMutableRawBufferPointer

  /// The first eight hex digits of SHA-256 over a label and the secret: enough to tell secrets apart, too
  /// little to guess one from.
  public let fingerprint: String

  /// Copies `bytes`, which the caller wipes himself where he holds the only other copy.
  public init(copying bytes: UnsafeRawBufferPointer) {
    storage = .allocate(byteCount: max(bytes.count, 1), alignment: 1)
    storage.copyMemory(from: bytes)
    count = bytes.count
    fingerprint = Secret.fingerprint(of: bytes)
  }

  public convenience init(_ bytes: [UInt8]) {
    self.init(bytes: bytes)
  }

  private convenience init(bytes: [UInt8]) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
    copy.copyBytes(from: bytes)
    defer {
      OPENSSL_cleanse(copy.baseAddress, copy.count)
      copy.deallocate()
    }
    self.init(copying: UnsafeRawBufferPointer(rebasing: copy[..<bytes.count]))
  }

  /// What `decode` makes of a text; nil where it is malformed, or nothing.
  public static func decoding(
    _ text: UnsafeRawBufferPointer, by decode: (UnsafeRawBufferPointer, (UInt8) -> Bool) -> Bool
  ) -> Secret? {
    // As large as needed from the start: growing would leave copies of the key behind.
    var buffer = [UInt8](repeating: 0, count: max(text.count, 1))
    defer { wipe(&buffer) }
    var count = 0
    let isWhole = decode(text) { byte in
      buffer[count] = byte
      count += 1
      return true
    }
    guard isWhole, count > 0 else { return nil }
    return buffer.withUnsafeBytes { Secret(copying: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
  }

  deinit {
    OPENSSL_cleanse(storage.baseAddress, storage.count)
    storage.deallocate()
  }

  /// Length in bytes.
  public let count: Int

  /// Lends the bytes for as long as `body` runs. They must not be copied anywhere that is printed.
  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try body(UnsafeRawBufferPointer(rebasing: storage[..<count]))
  }

  /// Whether both hold the same bytes; constant in time for equal lengths.
  public func isSame(as other: Secret) -> Bool {
    guard count == other.count else { return false }
    return CRYPTO_memcmp(storage.baseAddress, other.storage.baseAddress, count) == 0
  }

  public var description: String { "secret \(fingerprint)" }

  // A mirror without children: `dump` and debuggers' summaries show nothing.
  public var customMirror: Mirror { Mirror(self, children: []) }

  private static func fingerprint(of bytes: UnsafeRawBufferPointer) -> String {
    let label = Array("vesigate fingerprint\n".utf8)
    let context = EVP_MD_CTX_new()
    defer { EVP_MD_CTX_free(context) }
    var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    guard
      EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1,
      EVP_DigestUpdate(context, label, label.count) == 1,
      EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1,
      EVP_DigestFinal_ex(context, &digest, &length) == 1
    else { fatalError("libcrypto offers no SHA-256") }
    return Hex.encode(digest[..<4])
  }
}

/// Wipes memory that held a secret, in a way that the optimiser cannot drop.
public func wipe(_ bytes: inout [UInt8]) {
  bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
  bytes.removeAll()
}
