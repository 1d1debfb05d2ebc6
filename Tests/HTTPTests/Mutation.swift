import TestSupport

/// Valid requests with a few things wrong with them.
enum Mutation {
  private static let telling =
    Array("\r\n\t :;,=\"\\/?#*+-0159aAfFxX".utf8) + [0x00, 0x0B, 0x1F, 0x7F, 0x80, 0xFF]

  private static let lines = [
    "Content-Length: 5", "Content-Length: 0", "Transfer-Encoding: chunked", "Transfer-Encoding: identity",
    "Host: b", "Connection: close", "Expect: 100-continue", "X-Verified: true", " folded", "0", "5;a=b", "",
  ].map { Array("\($0)\r\n".utf8) }

  static func mutated(_ bytes: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...3, using: &generator) { mutate(&bytes, &generator) }
    return bytes
  }

  private static func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
    guard !bytes.isEmpty else { return }
    let place = Int.random(in: 0..<bytes.count, using: &generator)
    let byte = telling.randomElement(using: &generator)!
    switch Int.random(in: 0..<9, using: &generator) {
    case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
    case 1: bytes[place] = byte
    case 2: bytes.insert(byte, at: place)
    case 3: bytes.remove(at: place)
    case 4: bytes.insert(contentsOf: line(of: bytes, at: place), at: lineStart(bytes, place))
    case 5:
      bytes.removeSubrange(
        lineStart(bytes, place)..<lineStart(bytes, place) + line(of: bytes, at: place).count)
    case 6: bytes.insert(contentsOf: lines.randomElement(using: &generator)!, at: lineStart(bytes, place))
    case 7: bytes.insert(contentsOf: [byte, byte], at: place)
    default: bytes.swapAt(place, Int.random(in: 0..<bytes.count, using: &generator))
    }
  }

  private static func lineStart(_ bytes: [UInt8], _ place: Int) -> Int {
    bytes[..<place].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
  }

  private static func line(of bytes: [UInt8], at place: Int) -> [UInt8] {
    let end = bytes[place...].firstIndex(of: 0x0A) ?? bytes.count - 1
    return Array(bytes[lineStart(bytes, place)...end])
  }
}
