import Signing
import Testing

@Suite struct DigestTests {
  @Test func `a digest holds up to 64 bytes`() {
    #expect(Digest([]).map(\.count) == 0)
    #expect(Digest([UInt8](repeating: 7, count: 64)).map(\.count) == 64)
    #expect(Digest([UInt8](repeating: 7, count: 65)) == nil)
  }

  @Test func `a full digest takes no further byte`() {
    var digest = Digest()
    let taken = (UInt8(0)...64).map { digest.append($0) }
    #expect(taken == [Bool](repeating: true, count: 64) + [false])
    #expect(digest.withBytes { Array($0) } == Array(0..<64))
  }

  @Test func `the bytes come back in order`() {
    #expect(Digest([9, 0, 255]).map { $0.withBytes { Array($0) } } == [9, 0, 255])
  }

  @Test(arguments: [20, 32, 64])
  func `one flipped bit anywhere makes digests differ`(count: Int) throws {
    let bytes = (0..<count).map { UInt8($0) }
    let digest = try #require(Digest(bytes))
    #expect(digest.matches(try #require(Digest(bytes))))
    for bit in 0..<count * 8 {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(!digest.matches(try #require(Digest(flipped))), "bit \(bit)")
    }
  }

  @Test func `digests of different lengths never match, empty ones never at all`() throws {
    let long = try #require(Digest([UInt8](repeating: 0, count: 32)))
    let short = try #require(Digest([UInt8](repeating: 0, count: 31)))
    #expect(!long.matches(short))
    #expect(!short.matches(long))
    #expect(!Digest().matches(Digest()))
  }

  @Test func `each hash says the length of its digest`() {
    for hash in Hash.allCases {
      let hmac = KeyedHMAC(key: Secret([1]), hash: hash)
      hmac.begin()
      #expect(hmac.finish().count == hash.digestBytes)
    }
  }
}
