internal import Formats

/// Turns a value that may hold a sender's bytes into text that stays on its line and leaves the terminal
/// that shows it alone. Nothing printable is lost, and what was escaped can be told from what was sent.
enum LogEscape {
  /// Bare where that is unambiguous, else in quotes: `\"`, `\\`, `\xNN` for each byte that does not print.
  static func appendLogfmt(_ text: String, bytesMax: Int, to bytes: inout [UInt8]) {
    if appendPlain(text, bytesMax: bytesMax, to: &bytes, isPlain: isBareInLogfmt) { return }
    bytes.append(UInt8(ascii: "\""))
    forEachShown(text, bytesMax: bytesMax) { scalar in
      if scalar == "\"" || scalar == "\\" { bytes.append(UInt8(ascii: "\\")) }
      append(scalar, to: &bytes)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// For people alone: `\xNN` for each byte that does not print, and nothing in quotes.
  static func appendBare(_ text: String, bytesMax: Int, to bytes: inout [UInt8]) {
    forEachShown(text, bytesMax: bytesMax) { append($0, to: &bytes) }
  }

  private static func append(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
    if isPrintable(scalar) { return bytes.append(contentsOf: UTF8.encode(scalar)!) }
    for byte in UTF8.encode(scalar)! {
      bytes.append(contentsOf: StaticString("\\x").buffer)
      Hex.append(byte, to: &bytes)
    }
  }

  /// A JSON string (RFC 8259, section 7), `\uNNNN` for each unit that does not print.
  static func appendJSON(_ text: String, bytesMax: Int, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    defer { bytes.append(UInt8(ascii: "\"")) }
    if !text.isEmpty, appendPlain(text, bytesMax: bytesMax, to: &bytes, isPlain: isBareInJSON) { return }
    forEachShown(text, bytesMax: bytesMax) { scalar in
      isPrintable(scalar)
        ? JSONEscape.appendPlain(scalar, to: &bytes) : JSONEscape.append(scalar, to: &bytes)
    }
  }

  /// The common case: short, and every byte stands for itself. False, and nothing appended, when it is not.
  private static func appendPlain(
    _ text: String, bytesMax: Int, to bytes: inout [UInt8], isPlain: (UInt8) -> Bool
  ) -> Bool {
    let utf8 = text.utf8
    guard !utf8.isEmpty, utf8.count <= bytesMax else { return false }
    // Native strings lend their bytes; a walk by the view's indices would cost seven times as much.
    let isAppended = utf8.withContiguousStorageIfAvailable { buffer in
      guard buffer.allSatisfy(isPlain) else { return false }
      bytes.append(contentsOf: buffer)
      return true
    }
    return isAppended ?? false
  }

  /// Each scalar that fits into the bound, and `...` where some did not.
  private static func forEachShown(
    _ text: String, bytesMax: Int, _ body: (Unicode.Scalar) -> Void
  ) {
    var shownBytes = 0
    for scalar in text.unicodeScalars {
      shownBytes += UTF8.width(scalar)
      guard shownBytes <= bytesMax else { return "...".unicodeScalars.forEach(body) }
      body(scalar)
    }
  }

  /// ASCII but for its controls and DEL; beyond ASCII what is neither a control, nor invisible formatting
  /// (bidirectional overrides reorder what an operator reads), nor a line separator, nor unassigned.
  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7F }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
      return false
    default: return true
    }
  }

  private static func isBareInLogfmt(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "=") && byte != UInt8(ascii: "\"")
      && byte != UInt8(ascii: "\\")
  }

  private static func isBareInJSON(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }
}
