/// Writes JSON (RFC 8259), one value behind the other.
public struct JSONWriter {
  /// What programs write differently.
  public struct Style: Sendable {
    public enum Spacing: Sendable {
      case none
      /// Behind colons and commas.
      case blanks
      /// Lines indented by so many blanks for each level.
      case indented(Int)
    }

    public var spacing = Spacing.none
    /// `\n` and the other letters for what has one, rather than `\u000a`.
    public var hasLetters = false
    public var escapesSlash = false
    /// What is written as `\uNNNN` besides the controls below the blank.
    public var isEscaped: @Sendable (Unicode.Scalar) -> Bool = { $0.value == 0x7F }

    public init() {}
  }

  public private(set) var bytes: [UInt8] = []
  private let style: Style
  private var depth = 0
  /// Whether nothing stands yet in the object or list that is being written.
  private var isFirst = true

  /// One line without blanks, and no control character in it.
  public init(style: Style = Style()) { self.style = style }

  // MARK: Values

  public mutating func null() { bytes += "null".utf8 }

  public mutating func bool(_ value: Bool) { bytes += (value ? "true" : "false").utf8 }

  public mutating func integer(_ value: some BinaryInteger) { bytes += String(value).utf8 }

  /// A number as somebody else has spelled it.
  public mutating func number(spelled text: some Sequence<UInt8>) { bytes += text }

  public mutating func string(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars { append(scalar) }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func append(_ scalar: Unicode.Scalar) {
    if scalar == "/" {
      if style.escapesSlash { bytes.append(UInt8(ascii: "\\")) }
      bytes.append(UInt8(ascii: "/"))
    } else if style.hasLetters, scalar.isASCII, let letter = JSONEscape.letter(of: UInt8(scalar.value)) {
      bytes.append(UInt8(ascii: "\\"))
      bytes.append(letter)
    } else if scalar.value < 0x20 || style.isEscaped(scalar) {
      JSONEscape.append(scalar, to: &bytes)
    } else {
      JSONEscape.appendPlain(scalar, to: &bytes)
    }
  }

  // MARK: Objects and lists

  /// - Parameter body: writes a member after the other.
  public mutating func object(_ body: (inout JSONWriter) -> Void) { nested("{", "}", body) }

  /// A member of the object that is being written.
  public mutating func member(_ key: String, _ value: (inout JSONWriter) -> Void) {
    gap()
    string(key)
    bytes.append(UInt8(ascii: ":"))
    if case .none = style.spacing {} else { bytes.append(0x20) }
    value(&self)
  }

  /// - Parameter body: writes an element after the other.
  public mutating func array(_ body: (inout JSONWriter) -> Void) { nested("[", "]", body) }

  /// An element of the list that is being written.
  public mutating func element(_ value: (inout JSONWriter) -> Void) {
    gap()
    value(&self)
  }

  private mutating func nested(
    _ start: Unicode.Scalar, _ end: Unicode.Scalar, _ body: (inout JSONWriter) -> Void
  ) {
    bytes.append(UInt8(ascii: start))
    depth += 1
    isFirst = true
    body(&self)
    depth -= 1
    if !isFirst, case .indented(let width) = style.spacing { newLine(width) }
    isFirst = false
    bytes.append(UInt8(ascii: end))
  }

  /// What stands before a member or an element.
  private mutating func gap() {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    switch style.spacing {
    case .none: break
    case .blanks: if !isFirst { bytes.append(0x20) }
    case .indented(let width): newLine(width)
    }
    isFirst = false
  }

  private mutating func newLine(_ width: Int) {
    bytes.append(0x0A)
    bytes += repeatElement(0x20, count: width * depth)
  }
}
