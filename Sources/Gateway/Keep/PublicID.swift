internal import Formats

/// The name of a delivery: what the app sees as `X-Delivery-Id`, and operators type. A UUIDv7 (RFC 9562, 5.7): made
/// when it is accepted, never used again, not even by a store that was lost or restored.
public struct PublicID: Sendable, Hashable, CustomStringConvertible {
  /// 16 bytes.
  public let bytes: [UInt8]

  /// - Parameter random: two words of a generator that nobody foresees.
  public init(unixMilliseconds: Int64, random: (UInt64, UInt64)) {
    let time = UInt64(max(0, unixMilliseconds)) & 0xFFFF_FFFF_FFFF
    let high = time << 16 | 0x7000 | random.0 & 0x0FFF
    let low = 0x8000_0000_0000_0000 | random.1 & 0x3FFF_FFFF_FFFF_FFFF
    bytes = [high, low].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
    }
  }

  /// Nil unless these are 16 bytes.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == 16 else { return nil }
    self.bytes = bytes
  }

  /// As `description` writes it; nil where it is anything else.
  public init?(_ text: String) {
    let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
    var bytes: [UInt8] = []
    let isWhole = digits.withUnsafeBytes {
      Hex.decode($0) {
        bytes.append($0); return true
      }
    }
    guard isWhole, let id = PublicID(bytes), id.description == text.lowercased() else { return nil }
    self = id
  }

  public var description: String {
    let hex = Array(Hex.encode(bytes))
    return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(hex[$0]) }.joined(separator: "-")
  }
}
