import Foundation
import Signing
import TestSupport
import Testing

@Suite(.ownThread) struct ForeignHMACTests {
  @Test(arguments: Hash.allCases)
  func `random bodies under random keys give what openssl and Python give`(hash: Hash) throws {
    var random = SeededGenerator(seed: runSeed)
    let folder = try Scratch()
    var cases: [(hash: Hash, key: [UInt8], bodyPath: String)] = []
    var ours: [String] = []
    for (index, body) in bodies(&random).enumerated() {
      let path = try folder.write("body-\(index)", body)
      let key = random.bytes(Int.random(in: 1...200, using: &random))
      cases.append((hash, key, path))
      ours.append(hexHMAC(hash, key: key, parts: split(body, &random)))
      let openssl = try ForeignHMAC.openssl(hash, key: key, bodyPath: path, keyIsText: false)
      #expect(ours[index] == openssl, "a body of \(body.count) bytes")
    }
    #expect(try ForeignHMAC.python(cases) == ours)
  }

  @Test(arguments: Hash.allCases)
  func `a text key gives what openssl's -hmac gives`(hash: Hash) throws {
    let folder = try Scratch()
    let body = Array(#"{"event":"payment.completed","amount":3.1}"#.utf8) + [0, 0xFF, 0x0A]
    let path = try folder.write("body", body)
    let key = Array("test_webhook_secret".utf8)
    let openssl = try ForeignHMAC.openssl(hash, key: key, bodyPath: path, keyIsText: true)
    #expect(hexHMAC(hash, key: key, parts: [body]) == openssl)
  }

  @Test func `an empty key over an empty body gives what Python gives`() throws {
    let folder = try Scratch()
    let path = try folder.write("empty", [UInt8]())
    for hash in Hash.allCases {
      #expect(try ForeignHMAC.python([(hash, [], path)]) == [hexHMAC(hash, key: [], parts: [])])
    }
  }

  /// Empty, NUL alone, text with NUL inside, block sizes and their neighbours, 1 MiB.
  private func bodies(_ random: inout SeededGenerator) -> [[UInt8]] {
    let fixed: [[UInt8]] = [[], [0], Array("a\0b\r\n".utf8), [UInt8](repeating: 0, count: 129)]
    let sized = [1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 4096, 1_048_576]
    return fixed + sized.map { random.bytes($0) }
  }

  private func split(_ body: [UInt8], _ random: inout SeededGenerator) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var start = 0
    while start < body.count {
      let end = Int.random(in: start + 1...min(start + 200_000, body.count), using: &random)
      parts.append(Array(body[start..<end]))
      start = end
    }
    return parts
  }
}
