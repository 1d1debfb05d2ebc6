/// FNV-1a: good enough to spread configured paths, and a prefix's hash comes with that of the whole.
public struct PathHash {
  public private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  public init() {}

  public mutating func combine(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }

  public static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash = PathHash()
    for byte in bytes { hash.combine(byte) }
    return hash.value
  }
}
