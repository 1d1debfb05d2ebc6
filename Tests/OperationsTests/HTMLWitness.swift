import Foundation

/// Reads pages with Python's html.parser, which shares no line with what wrote them.
enum HTMLWitness {
  enum Event: Equatable {
    case start(String, [String: String])
    case end(String)
    /// Never two behind each other.
    case text(String)
    /// A comment, a declaration, or whatever else: nothing of ours but the doctype.
    case other(String)
  }

  /// Pages have no NUL: it is shown as a picture.
  static func events(_ pages: [String]) throws -> [[Event]] {
    let file = FileManager.default.temporaryDirectory.appending(path: "pages-\(UUID().uuidString)")
    try Data(pages.joined(separator: "\0").utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", script, file.path(percentEncoded: false)]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let json = try JSONSerialization.jsonObject(with: data) as? [[[Any]]] ?? []
    return json.map { $0.map(event) }
  }

  static func events(_ page: String) throws -> [Event] { try events([page]).first ?? [] }

  private static func event(_ parts: [Any]) -> Event {
    let name = parts.count > 1 ? parts[1] as? String ?? "" : ""
    switch parts.first as? String {
    case "start":
      let pairs = parts.last as? [[Any]] ?? []
      let named = pairs.map { ($0.first as? String ?? "?", $0.last as? String ?? "") }
      return .start(name, Dictionary(named) { "\($0) AND AGAIN \($1)" })
    case "end": return .end(name)
    case "text": return .text(name)
    default: return .other(name)
    }
  }

  private static let script = """
    import html.parser, json, sys
    class Reader(html.parser.HTMLParser):
        def __init__(self):
            super().__init__(convert_charrefs=True)
            self.events = []
        def handle_starttag(self, tag, attrs): self.events.append(["start", tag, [[k, v or ""] for k, v in attrs]])
        def handle_startendtag(self, tag, attrs): self.events.append(["other", tag])
        def handle_endtag(self, tag): self.events.append(["end", tag])
        def handle_data(self, data):
            if self.events and self.events[-1][0] == "text": self.events[-1][1] += data
            else: self.events.append(["text", data])
        def handle_comment(self, data): self.events.append(["other", data])
        def handle_decl(self, data): self.events.append(["other", data])
        def handle_pi(self, data): self.events.append(["other", data])
        def unknown_decl(self, data): self.events.append(["other", data])
    pages = open(sys.argv[1], encoding="utf-8", newline="").read().split("\\0")
    all = []
    for page in pages:
        reader = Reader()
        reader.feed(page)
        reader.close()
        all.append(reader.events)
    print(json.dumps(all))
    """
}

/// What a page is made of, as a browser would have it.
struct ReadPage {
  let events: [HTMLWitness.Event]

  init(_ page: String) throws { events = try HTMLWitness.events(page) }

  init(events: [HTMLWitness.Event]) { self.events = events }

  func count(_ tag: String) -> Int {
    events.count { if case .start(tag, _) = $0 { true } else { false } }
  }

  /// Attributes of all that are that tag.
  func all(_ tag: String) -> [[String: String]] {
    events.compactMap { if case .start(tag, let attributes) = $0 { attributes } else { nil } }
  }

  var tags: Set<String> { Set(events.compactMap { if case .start(let tag, _) = $0 { tag } else { nil } }) }

  var attributeNames: Set<String> {
    var names: Set<String> = []
    for event in events { if case .start(_, let named) = event { names.formUnion(named.keys) } }
    return names
  }

  var text: String {
    events.compactMap { if case .text(let text) = $0 { text } else { nil } }.joined()
  }

  /// Whether each end has its start, and nothing is left open.
  var isBalanced: Bool {
    var open: [String] = []
    let void: Set = ["br", "col", "hr", "input", "link", "meta"]
    for event in events {
      switch event {
      case .start(let tag, _): if !void.contains(tag) { open.append(tag) }
      case .end(let tag): if open.popLast() != tag { return false }
      default: break
      }
    }
    return open.isEmpty
  }
}
