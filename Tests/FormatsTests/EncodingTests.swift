import Formats
import TestSupport
import Testing

@Suite(.ownThread) struct HexTests {
  @Test func `a number has all digits of its width`() {
    #expect(Hex.encode(UInt16(0xAB)) == "00ab")
    #expect(Hex.encode(UInt32.max) == "ffffffff")
    let text = String(unsafeUninitializedCapacity: 18) { target in
      target[0] = UInt8(ascii: "<")
      Hex.write(0x0123_4567_89AB_CDEF, to: target, at: 1)
      target[17] = UInt8(ascii: ">")
      return 18
    }
    #expect(text == "<0123456789abcdef>")
  }

  @Test func `each digit is written at each place`() {
    for digit in 0..<UInt64(16) {
      for place in 0..<16 {
        let value = digit << (60 - 4 * UInt64(place))
        let text = String(unsafeUninitializedCapacity: 16) { target in
          Hex.write(value, to: target, at: 0)
          return 16
        }
        #expect(text == Hex.encode(value))
      }
    }
  }

  private func decode(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    let isWhole = Array(text.utf8).withUnsafeBytes {
      Hex.decode($0) {
        bytes.append($0); return true
      }
    }
    return isWhole ? bytes : nil
  }

  @Test func `every byte goes out in lower case and comes back in either case`() {
    for byte in UInt8.min...UInt8.max {
      let text = Hex.encode([byte])
      #expect(text == text.lowercased())
      #expect(decode(text) == [byte])
      #expect(decode(text.uppercased()) == [byte])
    }
  }

  @Test(arguments: ["", "0", "abc", "0g", "g0", " 00", "00 ", "0x00", "+1", "0\u{0}", "００", "ÿÿ", "00:11"])
  func `text that is not whole pairs of hex digits is refused`(text: String) {
    #expect(decode(text) == nil)
  }

  @Test func `only the 22 hex digits have a value`() {
    let digits = (UInt8.min...UInt8.max).filter { Hex.value(of: $0) != nil }
    #expect(digits == Array("0123456789ABCDEFabcdef".utf8))
  }

  @Test func `decoding ends when the taker is full`() {
    var left = 64
    let isWhole = Array(String(repeating: "00", count: 65).utf8).withUnsafeBytes { text in
      Hex.decode(text) { _ in
        left -= 1
        return left >= 0
      }
    }
    #expect(!isWhole && left == -1)
  }
}

@Suite(.ownThread) struct Base64Tests {
  private func decode(_ text: String, _ alphabet: Base64.Alphabet = .standard) -> [UInt8]? {
    var bytes: [UInt8] = []
    let isWhole = Array(text.utf8).withUnsafeBytes {
      Base64.decode($0, alphabet: alphabet) {
        bytes.append($0); return true
      }
    }
    return isWhole ? bytes : nil
  }

  /// RFC 4648, section 10.
  @Test(arguments: [
    ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
  ])
  func `the published vectors go both ways`(plain: String, encoded: String) {
    #expect(Base64.encode(plain.utf8) == encoded)
    #expect(decode(encoded) == Array(plain.utf8))
    #expect(decode(encoded, .url) == Array(plain.utf8))
  }

  @Test func `nothing encodes to nothing, and nothing is no base64`() {
    #expect(Base64.encode([]) == "")
    #expect(decode("") == nil)
    #expect(decode("", .url) == nil)
  }

  @Test func `the two alphabets differ in two characters and know only their own`() {
    let bytes: [UInt8] = [0xFB, 0xFF, 0xBF]
    #expect(Base64.encode(bytes) == "+/+/")
    #expect(Base64.encode(bytes, alphabet: .url) == "-_-_")
    #expect(decode("+/+/") == bytes)
    #expect(decode("-_-_", .url) == bytes)
    #expect(decode("-_-_") == nil)
    #expect(decode("+/+/", .url) == nil)
  }

  @Test func `base64url may leave its padding out, base64 may not`() {
    #expect(decode("Zg", .url) == [0x66])
    #expect(decode("Zm8", .url) == [0x66, 0x6F])
    #expect(decode("Zg") == nil)
    #expect(decode("Zm8") == nil)
  }

  @Test(arguments: [
    "Zg=", "Zg===", "Zm8==", "Zm9v=", "Zm9v====", "Z", "Z===", "====", "=", "Zg==Zg==", "Z=g=", "Zm9v\n",
    " Zm9v", "Zm 9v", "Zm9v Zm9v", "Zm9v\u{0}", "Zm9ü",
  ])
  func `padding out of place and foreign characters are refused`(text: String) {
    #expect(decode(text) == nil)
    #expect(decode(text, .url) == nil)
  }

  @Test(arguments: ["Zh==", "Zv==", "Zm9=", "Zm+=", "//=="])
  func `unused bits that are not zero are refused`(text: String) {
    #expect(decode(text) == nil)
    let url = text.replacing("+", with: "-").replacing("/", with: "_")
    #expect(decode(url, .url) == nil)
    #expect(decode(url.replacing("=", with: ""), .url) == nil)
  }

  @Test(arguments: [Base64.Alphabet.standard, .url])
  func `random bytes come back`(alphabet: Base64.Alphabet) {
    var random = SeededGenerator(seed: runSeed)
    for count in 1...200 {
      let bytes = random.bytes(count)
      #expect(decode(Base64.encode(bytes, alphabet: alphabet), alphabet) == bytes)
    }
  }
}
