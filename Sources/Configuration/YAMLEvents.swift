internal import CYAML

/// What libyaml's parser reports, one piece at a time.
struct YAMLEvent {
  enum Kind {
    case streamStart
    case streamEnd
    case documentStart
    case documentEnd
    case alias
    case scalar(text: String, isPlain: Bool)
    case sequenceStart
    case sequenceEnd
    case mappingStart
    case mappingEnd
  }

  var kind: Kind
  var place: Place
  var hasAnchor = false
  var hasTag = false
}

/// Text that is not YAML: libyaml's words and where it stopped.
struct YAMLSyntaxError: Error {
  var place: Place
  var sentence: String
}

/// The only user of libyaml: bytes in, events out.
final class YAMLEventReader {
  private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
  private let input: UnsafeMutableBufferPointer<UInt8>

  init(_ bytes: ArraySlice<UInt8>) {
    input = .allocate(capacity: max(bytes.count, 1))
    _ = input.initialize(from: bytes)
    if bytes.isEmpty { input.initialize(repeating: 0) }
    guard yaml_parser_initialize(parser) == 1 else { fatalError("no memory for libyaml's parser") }
    // Said rather than guessed: a stray byte order mark must not turn the file into UTF-16.
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, input.baseAddress, bytes.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    input.deallocate()
  }

  func next() throws(YAMLSyntaxError) -> YAMLEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxError() }
    defer { yaml_event_delete(&event) }
    return YAMLEventReader.read(event)
  }

  private static func read(_ event: yaml_event_t) -> YAMLEvent {
    let place = Place(event.start_mark)
    switch event.type {
    case YAML_STREAM_START_EVENT: return YAMLEvent(kind: .streamStart, place: place)
    case YAML_DOCUMENT_START_EVENT: return YAMLEvent(kind: .documentStart, place: place)
    case YAML_DOCUMENT_END_EVENT: return YAMLEvent(kind: .documentEnd, place: place)
    case YAML_SEQUENCE_END_EVENT: return YAMLEvent(kind: .sequenceEnd, place: place)
    case YAML_MAPPING_END_EVENT: return YAMLEvent(kind: .mappingEnd, place: place)
    case YAML_ALIAS_EVENT: return YAMLEvent(kind: .alias, place: place)
    case YAML_SCALAR_EVENT: return scalar(event, place)
    case YAML_SEQUENCE_START_EVENT:
      let data = event.data.sequence_start
      return YAMLEvent(
        kind: .sequenceStart, place: place, hasAnchor: data.anchor != nil, hasTag: data.tag != nil)
    case YAML_MAPPING_START_EVENT:
      let data = event.data.mapping_start
      return YAMLEvent(
        kind: .mappingStart, place: place, hasAnchor: data.anchor != nil, hasTag: data.tag != nil)
    default: return YAMLEvent(kind: .streamEnd, place: place)
    }
  }

  private static func scalar(_ event: yaml_event_t, _ place: Place) -> YAMLEvent {
    let data = event.data.scalar
    let text = String(decoding: UnsafeBufferPointer(start: data.value, count: data.length), as: UTF8.self)
    return YAMLEvent(
      kind: .scalar(text: text, isPlain: data.style == YAML_PLAIN_SCALAR_STYLE), place: place,
      hasAnchor: data.anchor != nil, hasTag: data.tag != nil)
  }

  private func syntaxError() -> YAMLSyntaxError {
    let state = parser.pointee
    let words = state.problem.map { String(cString: $0) } ?? "libyaml ran out of memory"
    guard state.error != YAML_READER_ERROR else {
      return YAMLSyntaxError(
        place: place(ofByte: state.problem_offset),
        sentence: "is not YAML: there is a byte here that is not UTF-8 or not printable")
    }
    let tabbed = tabbedLine(upTo: Int(state.problem_mark.line) + 1)
    let ofTabs = tabbed.map { "line \($0) is indented with a tab, and has to be with blanks" }
    let hint = (ofTabs ?? YAMLEventReader.hints[words]).map { "; " + $0 } ?? ""
    return YAMLSyntaxError(place: Place(state.problem_mark), sentence: "is not YAML: \(words)\(hint)")
  }

  /// The first line with a tab before its text. libyaml takes it for a part of the value above, and stumbles later.
  private func tabbedLine(upTo last: Int) -> Int? {
    let lines = input.split(separator: UInt8(ascii: "\n"), maxSplits: last, omittingEmptySubsequences: false)
    let blanks = [UInt8(ascii: " "), UInt8(ascii: "\t")]
    return lines.prefix(last).firstIndex { line in
      line.prefix { blanks.contains($0) }.contains(UInt8(ascii: "\t"))
    }.map { $0 + 1 }
  }

  /// libyaml's reader knows only the offset of a byte that it cannot read.
  private func place(ofByte offset: Int) -> Place {
    let before = input[..<min(offset, input.count)]
    let line = 1 + before.count { $0 == UInt8(ascii: "\n") }
    let column = 1 + before.reversed().prefix { $0 != UInt8(ascii: "\n") }.count
    return .position(line: line, column: column)
  }

  /// What the operator most likely did, for the sentences that libyaml has for it.
  private static let hints = [
    "mapping values are not allowed in this context":
      "check the indentation, and put a value that holds a colon and a blank in quotes",
    "found character that cannot start any token":
      "indent with blanks, not tabs, and put a value that begins with @, ` or % in quotes",
    "did not find expected key": "its indentation fits no line above it",
    "could not find expected ':'": "a name is followed by a colon and a blank",
    "did not find expected '-' indicator": "its indentation fits no line above it",
    "found unexpected end of stream": "a quote is never closed",
    "did not find expected ',' or ']'": "a [ is never closed",
    "did not find expected ',' or '}'": "a { is never closed",
    "block sequence entries are not allowed in this context": "a list begins on a line of its own",
  ]
}

extension Place {
  fileprivate init(_ mark: yaml_mark_t) {
    self = .position(line: mark.line + 1, column: mark.column + 1)
  }
}
