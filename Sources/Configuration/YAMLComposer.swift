/// Makes a tree of one YAML document. What this gateway's settings never need is refused: anchors, aliases,
/// tags, several documents, keys that are not words, values of several lines.
struct YAMLComposer {
  /// Room for as many routes as there may be, with every setting written out as `check --print` does.
  static let fileBytesMax = 16 << 20
  static let depthMax = 32
  static let nodesMax = 1_000_000
  /// libyaml compares each `%TAG` with all before it, and no configuration needs any.
  static let directivesMax = 16

  static let smallestFile = """
    is empty; the smallest useful file is \
    routes: [{path: /webhooks/vesicash, secret-file: /etc/vesigate/secrets/vesicash, \
    upstreams: ["http://127.0.0.1:8000/vesicash"]}]
    """

  /// Reading went as far as it could; what stopped it has been reported.
  private struct Stop: Error {}

  private enum Step {
    case key(String)
    case index(Int)
  }

  private let events: YAMLEventReader
  private let report: Report
  private var steps: [Step] = []
  /// How many collections are open, those that stand where a key should be among them.
  private var depth = 0
  private var nodeCount = 0

  /// Reads all of `bytes`; nil when there is no tree, for reasons that are in the report then.
  static func compose(_ bytes: [UInt8], report: Report) -> YAMLNode? {
    guard bytes.count <= fileBytesMax else {
      report.refuse(SourcePlace(place: .wholeFile, path: ""), "must not be larger than \(fileBytesMax) bytes")
      return nil
    }
    if let line = DirectiveLines.first(beyond: directivesMax, in: bytes) {
      report.refuse(
        SourcePlace(place: .position(line: line, column: 1), path: ""),
        "must not have more than \(directivesMax) directives (%)")
      return nil
    }
    // YAML 1.2, section 5.2. To libyaml it would be the first line's first column.
    let mark = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    var composer = YAMLComposer(events: YAMLEventReader(bytes[mark...]), report: report)
    guard let root = try? composer.document() else { return nil }
    return root
  }

  private init(events: YAMLEventReader, report: Report) {
    self.events = events
    self.report = report
  }

  private mutating func document() throws(Stop) -> YAMLNode {
    _ = try next()
    guard case .documentStart = try next().kind else { throw empty() }
    let root = try node(try next())
    if root.isNull { throw empty() }
    _ = try next()
    let after = try next()
    guard case .streamEnd = after.kind else {
      throw stop(after.place, "must hold one document, and a second one begins here")
    }
    return root
  }

  private func empty() -> Stop { stop(.wholeFile, YAMLComposer.smallestFile) }

  private func next() throws(Stop) -> YAMLEvent {
    do {
      return try events.next()
    } catch {
      report.refuse(SourcePlace(place: error.place, path: ""), error.sentence)
      throw Stop()
    }
  }

  private func stop(_ place: Place, _ sentence: String) -> Stop {
    report.refuse(SourcePlace(place: place, path: ""), sentence)
    return Stop()
  }

  private mutating func node(_ event: YAMLEvent) throws(Stop) -> YAMLNode {
    nodeCount += 1
    guard nodeCount <= YAMLComposer.nodesMax else {
      throw stop(event.place, "must not hold more than \(YAMLComposer.nodesMax) values")
    }
    guard depth <= YAMLComposer.depthMax else {
      throw stop(event.place, "must not be nested deeper than \(YAMLComposer.depthMax) levels")
    }
    depth += 1
    defer { depth -= 1 }
    refuseDecoration(event)
    return YAMLNode(content: try content(event), place: event.place)
  }

  private mutating func content(_ event: YAMLEvent) throws(Stop) -> YAMLNode.Content {
    switch event.kind {
    case .scalar(let text, let isPlain): return scalar(text, isPlain, event.place)
    case .sequenceStart: return try sequence()
    case .mappingStart: return try mapping()
    case .alias:
      refuse(event.place, "must not be an alias (*name): write the value out")
      return .refused
    default: throw stop(event.place, "is not YAML: a value is missing here")
    }
  }

  private func scalar(_ text: String, _ isPlain: Bool, _ place: Place) -> YAMLNode.Content {
    guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      refuse(place, "must not hold line breaks or control characters")
      return .refused
    }
    return .scalar(text: text, isPlain: isPlain)
  }

  private mutating func sequence() throws(Stop) -> YAMLNode.Content {
    var elements: [YAMLNode] = []
    while true {
      let event = try next()
      if case .sequenceEnd = event.kind { return .sequence(elements) }
      steps.append(.index(elements.count))
      elements.append(try node(event))
      steps.removeLast()
    }
  }

  private mutating func mapping() throws(Stop) -> YAMLNode.Content {
    var entries: [YAMLNode.Entry] = []
    var places: [String: Place] = [:]
    while true {
      let event = try next()
      if case .mappingEnd = event.kind { return .mapping(entries) }
      let key = try key(event)
      steps.append(.key(key ?? "?"))
      let value = try node(try next())
      if let key {
        if let first = places[key] {
          refuse(event.place, "is set already on line \(first.line)")
        } else {
          places[key] = event.place
          entries.append(YAMLNode.Entry(key: key, keyPlace: event.place, value: value))
        }
      }
      steps.removeLast()
    }
  }

  /// Nil for a key that cannot be a setting's name; it has been reported.
  private mutating func key(_ event: YAMLEvent) throws(Stop) -> String? {
    if case .scalar(let text, _) = event.kind {
      refuseDecoration(event)
      return text
    }
    refuse(event.place, "must have plain words for names")
    _ = try node(event)
    return nil
  }

  private func refuseDecoration(_ event: YAMLEvent) {
    if event.hasAnchor { refuse(event.place, "must not have an anchor (&name)") }
    if event.hasTag { refuse(event.place, "must not have a tag (!name): put a text in quotes instead") }
  }

  private func refuse(_ place: Place, _ sentence: @autoclosure () -> String) {
    report.refuse(SourcePlace(place: place, path: path), sentence())
  }

  private var path: String {
    steps.reduce(into: "") { path, step in
      switch step {
      case .index(let index): path += "[\(index)]"
      case .key(let key): path = path.appendingSetting(key)
      }
    }
  }
}

/// Lines that begin with a percent sign, as libyaml counts lines. Nothing else begins so: a comment has its own sign,
/// and a value cannot.
private enum DirectiveLines {
  /// The line of the first one beyond so many, from 1 on, as places count lines; nil where there are not so many.
  static func first(beyond countMax: Int, in bytes: [UInt8]) -> Int? {
    var count = 0
    for index in bytes.indices where bytes[index] == UInt8(ascii: "%") && isAtLineStart(index, bytes) {
      count += 1
      guard count > countMax else { continue }
      return 1 + bytes[..<index].count { $0 == UInt8(ascii: "\n") }
    }
    return nil
  }

  /// Behind LF, CR, NEL, LS or PS, or at the very beginning.
  private static func isAtLineStart(_ index: Int, _ bytes: [UInt8]) -> Bool {
    let before = bytes[max(index - 3, 0)..<index]
    switch before.last {
    case nil, 0x0A, 0x0D: return true
    case 0x85: return before.dropLast().last == 0xC2
    case 0xA8, 0xA9: return before.starts(with: [0xE2, 0x80])
    case 0xBF: return index == 3 && before.starts(with: [0xEF, 0xBB])
    default: return false
    }
  }
}

extension String {
  /// The path of a setting below this one. Names come from the file, so only what is visible is kept.
  func appendingSetting(_ key: String) -> String {
    let shown = key.utf8.prefix(64).map { (0x21...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
    let name = String(decoding: shown, as: UTF8.self)
    return isEmpty ? name : self + "." + name
  }
}
