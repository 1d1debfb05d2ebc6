internal import Formats

/// What commands print. It may hold what a stranger wrote: an API, an app, a sender, whoever made a file. So nothing
/// that a terminal obeys, or that reorders what is read, comes through; it is shown as logs show it.
public enum TerminalText {
  /// `\xNN` for each byte that does not print; line feeds and tabs stay. A backslash stays one too: unlike a log line
  /// this is not for machines, and JSON is full of them.
  public static func shown(_ text: String) -> String {
    guard let index = text.unicodeScalars.firstIndex(where: { !isKept($0) }) else { return text }
    var shown = String(text.unicodeScalars[..<index])
    for scalar in text.unicodeScalars[index...] {
      if isKept(scalar) {
        shown.unicodeScalars.append(scalar)
      } else {
        for byte in UTF8.encode(scalar)! { append(byte, to: &shown) }
      }
    }
    return shown
  }

  /// The same of bytes that may not be text; the CR of a line's end is left out.
  public static func shown(bytes: [UInt8]) -> String {
    var text = ""
    var rest = withoutLineEndCRs(bytes)[...]
    while !rest.isEmpty {
      if let whole = String(validating: rest, as: UTF8.self) { return text + shown(whole) }
      let count = validPrefix(rest)
      text += shown(String(decoding: rest.prefix(count), as: UTF8.self))
      append(rest[rest.startIndex + count], to: &text)
      rest = rest.dropFirst(count + 1)
    }
    return text
  }

  /// JSON stays JSON: `\uNNNN`.
  public static func shown(json: String) -> String {
    var shown: [UInt8] = []
    for scalar in json.unicodeScalars {
      if LogEscape.isPrintable(scalar) {
        shown += UTF8.encode(scalar)!
      } else {
        JSONEscape.append(scalar, to: &shown)
      }
    }
    return String(decoding: shown, as: UTF8.self)
  }

  private static func isKept(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\n" || scalar == "\t" || LogEscape.isPrintable(scalar)
  }

  private static func append(_ byte: UInt8, to text: inout String) {
    text += "\\x" + Hex.encode(byte)
  }

  private static func withoutLineEndCRs(_ bytes: [UInt8]) -> [UInt8] {
    bytes.indices.filter { index in
      bytes[index] != 0x0D || index + 1 == bytes.count || bytes[index + 1] != 0x0A
    }.map { bytes[$0] }
  }

  /// How many bytes there are before the first that begins no character.
  private static func validPrefix(_ bytes: ArraySlice<UInt8>) -> Int {
    var count = 0
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    while case .scalarValue(let scalar) = decoder.decode(&iterator) { count += UTF8.width(scalar) }
    return count
  }
}
