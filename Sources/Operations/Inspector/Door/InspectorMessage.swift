internal import Formats

/// A request as it came over the wire, its parts not yet judged.
struct InspectorMessage: Sendable {
  /// More than any form of ours has: a filter, a token, an id.
  static let formBytesMax = 16_384
  /// A filter with a long text in it.
  static let targetBytesMax = 8_192
  /// Names and values together; browsers send a tenth of it.
  static let headBytesMax = 16_384

  var method = "GET"
  var target = "/"
  /// In the order in which they came, repetitions too.
  var fields: [(name: String, value: String)] = []
  /// At most `formBytesMax` of it.
  var body: [UInt8] = []
  /// Whether there was more.
  var isBodyCut = false

  /// All values of a field, whatever the case of its name.
  func values(of name: String) -> [String] {
    fields.compactMap { Self.isSame($0.name, name) ? $0.value : nil }
  }

  /// The value of a field that is there once; nil where it is not there or repeated.
  func single(_ name: String) -> String? {
    let values = values(of: name)
    return values.count == 1 ? values[0] : nil
  }

  var headBytes: Int { fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count } }

  var isPost: Bool { method == "POST" }

  private static func isSame(_ one: String, _ other: String) -> Bool {
    one.utf8.count == other.utf8.count
      && zip(one.utf8, other.utf8).allSatisfy { $0.asciiLowercased == $1.asciiLowercased }
  }
}

/// Why somebody gets no page.
struct InspectorRefusal: Error, Sendable, Equatable {
  let status: Int
  /// For the log, and never anything that came from outside.
  let reason: StaticString
  /// For whoever asked.
  let sentence: String
  /// Whether the connection ends behind the answer: not all of the request was kept.
  var endsConnection = false

  static func == (one: InspectorRefusal, other: InspectorRefusal) -> Bool {
    one.status == other.status && "\(one.reason)" == "\(other.reason)" && one.sentence == other.sentence
  }
}
