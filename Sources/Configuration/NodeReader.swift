/// Typed access to one value. What does not fit is reported, and the caller goes on with nil so that the
/// rest of the file is judged too.
struct NodeReader {
  let node: YAMLNode
  let path: String
  let report: Report

  var source: SourcePlace { SourcePlace(place: node.place, path: path) }

  func refuse(_ sentence: @autoclosure () -> String) { report.refuse(source, sentence()) }

  func warn(_ sentence: @autoclosure () -> String) { report.warn(source, sentence()) }

  func advise(_ sentence: @autoclosure () -> String) { report.advise(source, sentence()) }

  private var isVariable: Bool { if case .environment = node.place { true } else { false } }

  var isMapping: Bool { if case .mapping = node.content { true } else { false } }

  /// A scalar's text. `wanted` completes "must be".
  func text(_ wanted: String) -> String? {
    if case .refused = node.content { return nil }
    guard !node.isNull else {
      refuse("must have a value; leave \(isVariable ? "it unset" : "the line out") for the default")
      return nil
    }
    guard case .scalar(let text, _) = node.content else {
      refuse("must be \(wanted)")
      return nil
    }
    return text
  }

  /// A text that `read` makes a value of.
  func value<Value>(_ wanted: String, _ read: (String) -> Value?) -> Value? {
    guard let text = text(wanted) else { return nil }
    guard let value = read(text) else {
      refuse("must be \(wanted)")
      return nil
    }
    return value
  }

  func flag() -> Bool? {
    if case .scalar(let text, false) = node.content, text == "true" || text == "false" {
      refuse("must be true or false, without quotes")
      return nil
    }
    return value("true or false") { $0 == "true" ? true : $0 == "false" ? false : nil }
  }

  /// `orWord` names a word that is accepted beside the number; it gives nil without a problem.
  func number(in range: ClosedRange<Int>, orWord word: String? = nil) -> Int? {
    let wanted =
      (word.map { $0 + " or " } ?? "")
      + "a whole number from \(range.lowerBound) to \(range.upperBound)"
    guard let text = text(wanted), text != word else { return nil }
    guard let measure = Measure(setting: path) else {
      if let number = text.wholeNumber, range.contains(number) { return number }
      refuse("must be \(wanted)" + (text.isNumberWithUnit ? ", without a unit" : ""))
      return nil
    }
    do throws(Measure.Flaw) {
      let number = try measure.number(text)
      if range.contains(number) { return number }
      refuse("must be \(wanted)" + (text.wholeNumber == nil ? measure.ending(.tooLarge) : ""))
    } catch {
      refuse("must be \(wanted)" + measure.ending(error))
    }
    return nil
  }

  /// One word of a closed set.
  func word<Word: RawRepresentable & CaseIterable>(of: Word.Type) -> Word? where Word.RawValue == String {
    let names = Word.allCases.map(\.rawValue)
    guard let text = text(NodeReader.oneOf(names)) else { return nil }
    if let word = Word(rawValue: text) { return word }
    refuse("must be \(NodeReader.oneOf(names))" + Suggestion.ending(for: text, among: names))
    return nil
  }

  static func oneOf(_ names: [String]) -> String {
    guard names.count > 2 else { return names.joined(separator: " or ") }
    return "one of " + names.joined(separator: ", ")
  }

  /// A list's elements; a single value counts as a list of one and keeps its own path.
  func elements(max: Int) -> [NodeReader] {
    if case .refused = node.content { return [] }
    guard case .sequence(let nodes) = node.content else { return [self] }
    guard nodes.count <= max else {
      refuse("must not have more than \(max) entries")
      return []
    }
    return nodes.enumerated().map { index, node in
      NodeReader(node: node, path: path + "[\(index)]", report: report)
    }
  }

  /// A mapping's settings; unknown ones are reported.
  func mapping(_ section: Schema.Section, _ wanted: String) -> MappingReader? {
    if case .refused = node.content { return nil }
    guard case .mapping(let entries) = node.content else {
      refuse("must be \(wanted)")
      return nil
    }
    var values: [String: NodeReader] = [:]
    for entry in entries {
      let path = path.appendingSetting(entry.key)
      if section.keys.contains(entry.key) {
        values[entry.key] = NodeReader(node: entry.value, path: path, report: report)
      } else if let reason = section.gone[entry.key] {
        report.warn(SourcePlace(place: entry.keyPlace, path: path), "\(reason): remove the line")
      } else {
        report.refuse(SourcePlace(place: entry.keyPlace, path: path), section.sentence(forUnknown: entry.key))
      }
    }
    return MappingReader(source: source, report: report, values: values)
  }
}

/// The settings of one mapping by name.
struct MappingReader {
  let source: SourcePlace
  let report: Report
  private let values: [String: NodeReader]

  init(source: SourcePlace, report: Report, values: [String: NodeReader]) {
    self.source = source
    self.report = report
    self.values = values
  }

  subscript(key: String) -> NodeReader? { values[key] }

  /// Where to complain about a setting: its own line, or the mapping's where it is absent.
  func source(of key: String) -> SourcePlace {
    values[key]?.source ?? SourcePlace(place: source.place, path: source.path.appendingSetting(key))
  }

  func refuse(_ key: String, _ sentence: @autoclosure () -> String) {
    report.refuse(source(of: key), sentence())
  }

  /// A setting that must be there.
  func required(_ key: String, _ sentence: String) -> NodeReader? {
    if values[key] == nil { refuse(key, sentence) }
    return values[key]
  }
}

extension String {
  /// Decimal digits without sign, leading zeros or anything else; nil beyond 15 digits too.
  var wholeNumber: Int? {
    guard (1...15).contains(utf8.count), utf8.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
    guard utf8.count == 1 || utf8.first != UInt8(ascii: "0") else { return nil }
    return Int(self)
  }

  /// Digits, and letters behind them.
  var isNumberWithUnit: Bool {
    let unit = drop { $0.isASCII && $0.isNumber }
    return !unit.isEmpty && unit.startIndex > startIndex
      && unit.drop { $0 == " " }.allSatisfy { $0.isASCII && $0.isLetter }
  }

  /// Whether every byte is visible ASCII.
  var isVisibleASCII: Bool { utf8.allSatisfy { (0x21...0x7E).contains($0) } }
}
