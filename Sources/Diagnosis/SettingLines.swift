internal import Formats
public import Signing

/// A layout as the `signature:` setting of a route, in as few lines as there can be.
public enum SettingLines {
  /// Nil where no setting can say it.
  public static func of(_ layout: SignatureLayout) -> [String]? {
    guard isExpressible(layout) else { return nil }
    if let preset = SignatureLayout.presets.first(where: { $0.layout == layout }) {
      return ["signature: \(preset.name)"]
    }
    let all = SignatureLayout.presets.map { name, base in (name, differences(of: layout, from: base)) }
    guard let (name, lines) = all.min(by: { $0.1.count < $1.1.count }) else { return nil }
    return ["signature:", "  preset: \(name)"] + lines.map { "  " + $0 }
  }

  /// The same in one line, for a log.
  public static func inOneLine(_ lines: [String]) -> String {
    guard lines.count > 1 else { return lines.first ?? "" }
    return "signature: {" + lines.dropFirst().map { $0.drop { $0 == " " } }.joined(separator: ", ") + "}"
  }

  private static func isExpressible(_ layout: SignatureLayout) -> Bool {
    guard layout.problems().isEmpty, isHeaderName(layout.header) else { return false }
    guard [nil, ",", " "].contains(layout.listSeparator) else { return false }
    guard layout.prefix.utf8.count <= 32, layout.prefix.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      return false
    }
    guard layout.signed.text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { return false }
    return [layout.idSource, layout.timestampSource].allSatisfy { source in
      switch source {
      case .none: true
      case .header(let name): isHeaderName(name)
      case .key(let name): isKeyName(name)
      }
    }
  }

  private static func isHeaderName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") }
  }

  private static func isKeyName(_ name: String) -> Bool {
    (1...32).contains(name.utf8.count)
      && name.utf8.allSatisfy {
        $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
      }
  }

  /// The lines behind `preset:`. What a preset says about a part that is signed no more falls away by itself,
  /// and so does its tolerance.
  private static func differences(of layout: SignatureLayout, from preset: SignatureLayout) -> [String] {
    var base = preset
    base.signed = layout.signed
    if !layout.signed.contains(.id) { base.idSource = .none }
    if !layout.signed.contains(.timestamp) {
      base.timestampSource = .none
      base.timestampUnit = .seconds
      base.timestampDigits = nil
      base.tolerance = .unlimited
    } else if !preset.signed.contains(.timestamp) {
      base.tolerance = .seconds(300)
    }
    var lines: [String] = []
    func line(_ key: String, _ value: String, if differs: Bool) {
      if differs { lines.append("\(key): \(value)") }
    }
    line("header", layout.header, if: layout.header != base.header)
    line("encoding", layout.encoding.rawValue, if: layout.encoding != base.encoding)
    line("prefix", quoted(layout.prefix), if: layout.prefix != base.prefix)
    line(
      "list-separator", separatorName(layout.listSeparator),
      if: layout.listSeparator != base.listSeparator)
    line("hash", layout.hash.rawValue, if: layout.hash != base.hash)
    line("id-from", source(layout.idSource), if: layout.idSource != base.idSource)
    line("timestamp-from", source(layout.timestampSource), if: layout.timestampSource != base.timestampSource)
    line("timestamp-unit", layout.timestampUnit.rawValue, if: layout.timestampUnit != base.timestampUnit)
    line(
      "timestamp-digits", layout.timestampDigits.map(String.init) ?? "any",
      if: layout.timestampDigits != base.timestampDigits)
    line("signed", quoted(layout.signed.text), if: layout.signed != preset.signed)
    line("key-decoding", layout.keyDecoding.rawValue, if: layout.keyDecoding != base.keyDecoding)
    line("tolerance-seconds", tolerance(layout.tolerance), if: layout.tolerance != base.tolerance)
    return lines
  }

  private static func separatorName(_ separator: Character?) -> String {
    switch separator {
    case ",": "comma"
    case " ": "space"
    default: "none"
    }
  }

  private static func source(_ source: SignatureLayout.Source) -> String {
    switch source {
    case .none: "none"
    case .header(let name): "header:\(name)"
    case .key(let name): "key:\(name)"
    }
  }

  private static func tolerance(_ tolerance: SignatureLayout.Tolerance) -> String {
    if case .seconds(let seconds) = tolerance { "\(seconds)" } else { "unlimited" }
  }

  /// In double quotes; the values are visible ASCII and blanks.
  private static func quoted(_ text: String) -> String {
    "\"\(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\""))\""
  }
}
