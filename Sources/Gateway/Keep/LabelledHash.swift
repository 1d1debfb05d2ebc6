internal import Signing

/// A hash with a purpose: HMAC-SHA256 under a label that everybody knows. It resists collisions as SHA-256 does, and
/// no hash made for one purpose is ever one of another.
enum LabelledHash {
  /// 32 bytes over the parts, each with its length before it.
  static func of(_ parts: [[UInt8]], label: String) -> [UInt8] {
    let hmac = KeyedHMAC(key: Secret(Array(label.utf8)), hash: .sha256)
    hmac.begin()
    for part in parts { part.withUnsafeBytes { hmac.updateSized($0) } }
    return hmac.finish().withBytes { Array($0) }
  }
}

extension KeyedHMAC {
  /// The length as eight bytes, then the bytes.
  func updateSized(_ bytes: UnsafeRawBufferPointer) {
    update(UInt64(bytes.count))
    update(bytes)
  }

  func update(_ number: some FixedWidthInteger) { withUnsafeBytes(of: number.littleEndian) { update($0) } }
}
