internal import Formats
internal import HTTP
internal import Signing

/// A value of the request that may be the timestamp under the signature.
struct TimestampCandidate {
  enum Place: Equatable {
    case header(String)
    /// An element of this signature header.
    case element(header: String, key: String)
    /// A field of the JSON body, by its path.
    case body(String)
  }

  enum Unit: String {
    case seconds
    case milliseconds
    case microseconds
    case nanoseconds
    /// Seconds with a fraction.
    case fraction = "seconds with a fraction"
    case rfc3339

    var setting: SignatureLayout.TimestampUnit? { SignatureLayout.TimestampUnit(rawValue: rawValue) }
  }

  let place: Place
  /// What would be under the HMAC.
  let bytes: [UInt8]
  /// Of the value as it was sent.
  let unit: Unit
  let unixMilliseconds: Int64
  /// How the value was rewritten before it was signed; nil where it is signed as it was sent.
  let rewrittenAs: Unit?

  static let candidatesMax = 12
  static let rewrittenMax = 3
  static let bodyMax = 6

  /// Reads a value that looks like a time: 9 to 20 digits, or RFC 3339.
  init?(_ text: [UInt8], at place: Place) {
    guard let (unit, instant) = TimestampCandidate.read(text) else { return nil }
    self.init(place: place, bytes: text, unit: unit, unixMilliseconds: instant, rewrittenAs: nil)
  }

  private init(place: Place, bytes: [UInt8], unit: Unit, unixMilliseconds: Int64, rewrittenAs: Unit?) {
    self.place = place
    self.bytes = bytes
    self.unit = unit
    self.unixMilliseconds = unixMilliseconds
    self.rewrittenAs = rewrittenAs
  }

  private static func read(_ text: [UInt8]) -> (Unit, Int64)? {
    if let instant = text.withUnsafeBytes({ SignedValue.unixMilliseconds($0, unit: .rfc3339, digits: nil) }) {
      return (.rfc3339, instant)
    }
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isASCIIDigit) }) else { return nil }
    guard let number = Int64(String(decoding: parts[0], as: UTF8.self)) else { return nil }
    if parts.count == 2, (9...11).contains(parts[0].count) { return (.fraction, number * 1000) }
    guard parts.count == 1 else { return nil }
    // The digits of this century tell the unit.
    return switch text.count {
    case 9...11: (.seconds, number * 1000)
    case 12...14: (.milliseconds, number)
    case 15...17: (.microseconds, number / 1000)
    case 18...20: (.nanoseconds, number / 1_000_000)
    default: nil
    }
  }

  /// The other ways to write the same instant: a sender may sign another one than it sends.
  var rewritten: [TimestampCandidate] {
    let forms: [(Unit, String)] = [
      (.seconds, String(unixMilliseconds / 1000)), (.milliseconds, String(unixMilliseconds)),
      (.rfc3339, text(unit: .rfc3339)),
    ]
    return forms.compactMap { form, text in
      let bytes = Array(text.utf8)
      guard bytes != self.bytes else { return nil }
      return TimestampCandidate(
        place: place, bytes: bytes, unit: unit, unixMilliseconds: unixMilliseconds, rewrittenAs: form)
    }
  }

  private func text(unit: SignatureLayout.TimestampUnit) -> String {
    var layout = SignatureLayout.vesicash
    layout.timestampUnit = unit
    return layout.timestampText(unixMilliseconds: unixMilliseconds)
  }
}

extension TimestampCandidate {
  /// All values that could be it, the likeliest first: where the layout in force looks, where the presets
  /// look, any other field, elements of the signature's field, fields of the body.
  static func all(
    _ refused: RefusedCase, signatures: [SignatureCandidate], json: JSONValue?
  ) -> [TimestampCandidate] {
    var found = fields(refused)
    found += elements(refused.head.headers, of: Set(signatures.map(\.header)))
    let known = [refused.layout] + SignatureLayout.presets.map(\.layout)
    let rank = { (candidate: TimestampCandidate) in
      known.firstIndex { $0.takesTimestamp(from: candidate.place) } ?? known.count
    }
    found = found.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
      .map(\.element)
    found = Array(found.prefix(candidatesMax))
    let inBody = (json?.scalars ?? []).compactMap { TimestampCandidate($0.text, at: .body($0.path)) }
    return found + found.prefix(rewrittenMax).flatMap(\.rewritten) + inBody.prefix(bodyMax)
  }

  private static func fields(_ refused: RefusedCase) -> [TimestampCandidate] {
    let headers = refused.head.headers
    return (0..<min(headers.count, SignatureCandidate.fieldsMax)).compactMap { index in
      headers.withField(index) { name, value in
        guard value.count <= 64 else { return nil }
        let name = String(decoding: name.map(\.asciiLowercased), as: UTF8.self)
        return TimestampCandidate(Array(value), at: .header(name))
      }
    }
  }

  private static func elements(_ headers: HeaderList, of names: Set<String>) -> [TimestampCandidate] {
    var found: [TimestampCandidate] = []
    for index in 0..<min(headers.count, SignatureCandidate.fieldsMax) {
      headers.withField(index) { name, value in
        let name = String(decoding: name.map(\.asciiLowercased), as: UTF8.self)
        guard names.contains(name), value.count <= SignatureCandidate.valueBytesMax else { return }
        for separator in ",; ".utf8 { found += elements(value, separator: separator, header: name) }
      }
    }
    return found
  }

  private static func elements(
    _ value: UnsafeRawBufferPointer, separator: UInt8, header: String
  ) -> [TimestampCandidate] {
    var found: [TimestampCandidate] = []
    var count = 0
    value.forEachElement(separator: separator) { element in
      count += 1
      // The key is shown to people.
      if let mark = element.firstIndex(of: UInt8(ascii: "=")), mark <= 32,
        element[..<mark].allSatisfy({ $0.isTokenCharacter })
      {
        let key = String(decoding: element[..<mark], as: UTF8.self)
        let text = Array(element[(mark + 1)...].prefix(64))
        if let candidate = TimestampCandidate(text, at: .element(header: header, key: key)) {
          found.append(candidate)
        }
      }
      return count < SignatureCandidate.elementsMax
    }
    return found
  }
}

extension SignatureLayout {
  fileprivate func takesTimestamp(from place: TimestampCandidate.Place) -> Bool {
    switch (timestampSource, place) {
    case (.header(let own), .header(let name)): own == name
    case (.key(let own), .element(let header, let key)): own == key && header == self.header
    default: false
    }
  }
}
