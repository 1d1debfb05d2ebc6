import Signing

@testable import Secrets

/// What holds of any content of a file with an API key.
enum KeyFileProperty {
  static func violation(_ input: [UInt8]) -> String? {
    let text = Array(input.reversed().drop { $0 == 0x0A || $0 == 0x0D }.reversed())
    do throws(FileFailure) {
      let key = try KeyFile.key(in: input, "/k").withBytes { Array($0) }
      if key != text { return "another key than the file's" }
      // It goes into a header field of the provider's API.
      return !key.trimmed.isEmpty && key.isFreeOfLineEndsAndNUL ? nil : "a key of no line, or of several"
    } catch {
      let isPlain = error.description.unicodeScalars.allSatisfy {
        $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value)
      }
      if !isPlain { return "a control character in a sentence" }
      // What is no key at all has to be refused, and nothing else that could be one.
      let isWord = !text.isEmpty && text.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }
      return isWord ? "one plain word is refused" : nil
    }
  }
}
