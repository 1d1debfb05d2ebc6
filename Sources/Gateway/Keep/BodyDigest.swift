internal import Signing

/// What a body is told by where the body itself is not at hand.
public struct BodyDigest: Sendable, Hashable {
  /// 32 bytes.
  public let bytes: [UInt8]

  public init(of body: UnsafeRawBufferPointer) {
    let hmac = KeyedHMAC(key: Self.label, hash: .sha256)
    hmac.begin()
    hmac.update(body)
    bytes = hmac.finish().withBytes { Array($0) }
  }

  private static let label = Secret(Array("vesigate body".utf8))
}
