internal import Formats
internal import Signing

/// Reads `signature:`, a preset's name or a mapping of what differs from one.
struct SignatureSettings {
  private let fields: MappingReader
  private var layout: SignatureLayout

  static func read(_ reader: NodeReader) -> SignatureLayout {
    guard reader.isMapping else { return preset(reader) ?? .vesicash }
    guard let fields = reader.mapping(Schema.signature, "a preset's name or a mapping") else {
      return .vesicash
    }
    var settings = SignatureSettings(
      fields: fields, layout: fields["preset"].flatMap(preset) ?? .vesicash)
    settings.read()
    return settings.layout
  }

  private static func preset(_ reader: NodeReader) -> SignatureLayout? {
    let names = SignatureLayout.presets.map(\.name)
    guard let text = reader.text(NodeReader.oneOf(names)) else { return nil }
    if let layout = SignatureLayout.preset(named: text) { return layout }
    reader.refuse("must be \(NodeReader.oneOf(names))" + Suggestion.ending(for: text, among: names))
    return nil
  }

  private mutating func read() {
    readSignature()
    let preset = layout
    readSigned()
    readSources()
    adapt(from: preset)
    readTolerance()
    for problem in layout.problems() { fields.refuse(problem.setting, problem.sentence) }
  }

  private mutating func readSignature() {
    if let header = fields["header"]?.headerName() { layout.header = header }
    if let encoding = fields["encoding"]?.word(of: SignatureLayout.Encoding.self) {
      layout.encoding = encoding
    }
    let prefix = fields["prefix"]?.value("visible ASCII of at most 32 characters, or \"\" for none") {
      $0.utf8.count <= 32 && $0.isVisibleASCII ? $0 : nil
    }
    if let prefix { layout.prefix = prefix }
    if let separator = fields["list-separator"]?.word(of: ListSeparator.self) {
      layout.listSeparator = separator.character
    }
    if let hash = fields["hash"]?.word(of: Hash.self) { layout.hash = hash }
    if let decoding = fields["key-decoding"]?.word(of: SignatureLayout.KeyDecoding.self) {
      layout.keyDecoding = decoding
    }
  }

  private mutating func readSigned() {
    guard let reader = fields["signed"] else { return }
    guard let text = reader.text("a template such as \"{timestamp}.{body}\"") else { return }
    guard text.utf8.count <= 256, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      reader.refuse("must be ASCII of at most 256 characters")
      return
    }
    do { layout.signed = try SignedTemplate(text) } catch { reader.refuse(error.sentence) }
  }

  private mutating func readSources() {
    if let source = fields["id-from"]?.valueSource() { layout.idSource = source }
    if let source = fields["timestamp-from"]?.valueSource() { layout.timestampSource = source }
    if let unit = fields["timestamp-unit"]?.word(of: SignatureLayout.TimestampUnit.self) {
      layout.timestampUnit = unit
    }
    if let reader = fields["timestamp-digits"] {
      layout.timestampDigits = reader.number(in: 1...15, orWord: "any")
    }
  }

  /// What a preset says about a part that `signed` no longer has, or has anew, does not hold any more.
  private mutating func adapt(from preset: SignatureLayout) {
    if !layout.signed.contains(.id), fields["id-from"] == nil { layout.idSource = .none }
    guard layout.signed.contains(.timestamp) else {
      if fields["timestamp-from"] == nil { layout.timestampSource = .none }
      if fields["timestamp-unit"] == nil { layout.timestampUnit = .seconds }
      if fields["timestamp-digits"] == nil { layout.timestampDigits = nil }
      layout.tolerance = .unlimited
      return
    }
    // Going without a tolerance has to be spelled out.
    if !preset.signed.contains(.timestamp) { layout.tolerance = .seconds(300) }
  }

  private mutating func readTolerance() {
    guard let reader = fields["tolerance-seconds"] else { return }
    if case .scalar("0", _) = reader.node.content {
      reader.refuse("must be 1 or more; to accept deliveries of any age write unlimited")
    } else if case .scalar("unlimited", _) = reader.node.content {
      layout.tolerance = .unlimited
    } else if let seconds = reader.number(in: Schema.secondsRange, orWord: "unlimited") {
      layout.tolerance = .seconds(seconds)
    }
  }
}

/// How `list-separator:` is written; a blank or a comma alone would be hard to see.
enum ListSeparator: String, CaseIterable {
  case none, comma, space

  var character: Character? {
    switch self {
    case .none: nil
    case .comma: ","
    case .space: " "
    }
  }

  init?(_ character: Character?) {
    guard let found = ListSeparator.allCases.first(where: { $0.character == character }) else { return nil }
    self = found
  }
}

extension NodeReader {
  /// A header's name in lower case.
  func headerName() -> String? {
    value("a header's name of letters, digits and -") { $0.isHeaderName ? $0.lowercased() : nil }
  }

  /// `none`, `header:NAME` or `key:NAME`.
  func valueSource() -> SignatureLayout.Source? {
    value("none, header:NAME, or key:NAME") { text in
      if text == "none" { return SignatureLayout.Source.none }
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2 else { return nil }
      switch parts[0] {
      case "header": return parts[1].isHeaderName ? .header(parts[1].lowercased()) : nil
      case "key": return parts[1].isKeyName ? .key(parts[1]) : nil
      default: return nil
      }
    }
  }
}

extension String {
  var isHeaderName: Bool {
    (1...64).contains(utf8.count)
      && utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") }
  }

  fileprivate var isKeyName: Bool {
    (1...32).contains(utf8.count)
      && utf8.allSatisfy {
        $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
      }
  }
}
