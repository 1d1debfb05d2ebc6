import HTTP
import Testing

/// Runs of bytes are looked at eight at a time: whatever stands at whatever place, they end where each byte alone
/// says.
@Suite struct ByteRunTests {
  /// Each byte at each place of a text that is longer than two words, after nothing and after another odd one.
  private func forEachText(_ body: (UnsafeRawBufferPointer, [UInt8]) -> Void) {
    for byte in UInt8.min...UInt8.max {
      for place in 0..<19 {
        for other in [UInt8(ascii: "a"), 0x09, 0x7F, 0xFF] {
          var text = [UInt8](repeating: UInt8(ascii: "z"), count: 19)
          text[18 - place] = other
          text[place] = byte
          text.withUnsafeBytes { body($0, text) }
        }
      }
    }
  }

  @Test func `a token ends at the first byte that is of none`() {
    forEachText { bytes, text in
      let end = text.firstIndex { !$0.isTokenCharacter } ?? text.count
      #expect(bytes.endOfToken(from: 0, to: text.count) == end, "\(text)")
    }
  }

  @Test func `a field's value ends at the first byte that may not stand in one`() {
    forEachText { bytes, text in
      let end = text.firstIndex { !$0.isFieldValueByte } ?? text.count
      #expect(bytes.endOfFieldValueBytes(from: 0, to: text.count) == end, "\(text)")
    }
  }

  @Test func `a name that no reader folds has letters, digits and hyphens alone`() {
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-".utf8)
    forEachText { bytes, text in
      for count in [0, 1, 7, 8, 9, 15, 16, 17, 19] {
        let part = UnsafeRawBufferPointer(rebasing: bytes[..<count])
        #expect(
          part.isOfLettersDigitsAndHyphens == text[..<count].allSatisfy(plain.contains), "\(text) \(count)")
      }
    }
  }

  @Test func `a name is the same in either case of each letter, and in nothing else`() {
    forEachText { bytes, text in
      let lower = text.map { 0x41...0x5A ~= $0 ? $0 + 0x20 : $0 }
      #expect(bytes.equalsIgnoringCase(lower))
      for place in [0, 7, 10, 18] {
        var other = lower
        other[place] ^= 0x20
        #expect(!bytes.equalsIgnoringCase(other), "\(text) \(other)")
      }
    }
  }
}
