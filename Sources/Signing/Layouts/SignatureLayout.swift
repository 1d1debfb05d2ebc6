/// Where a sender puts its signature, and over which bytes: a provider's habits as data.
public struct SignatureLayout: Sendable, Equatable {
  public enum Encoding: String, Sendable, CaseIterable {
    case hex
    case base64
    case base64url
  }

  /// Where a value that is signed along with the body comes from.
  public enum Source: Sendable, Equatable {
    case none
    /// A header of its own; the name is in lower case.
    case header(String)
    /// An element `key=value` inside the signature header.
    case key(String)
  }

  public enum TimestampUnit: String, Sendable, CaseIterable {
    case seconds
    case milliseconds
    case rfc3339
  }

  /// How a line of the secret file becomes the HMAC's key.
  public enum KeyDecoding: String, Sendable, CaseIterable {
    /// The line's bytes as they are.
    case raw
    case hex
    case base64
    /// `whsec_` and base64, as Standard Webhooks has it.
    case whsec
  }

  public enum Tolerance: Sendable, Equatable {
    case seconds(Int)
    case unlimited
  }

  /// The signature header's name, in lower case.
  public var header: String
  public var encoding: Encoding
  /// What stands before each signature: `sha256=`, `v1=`, `v1,`.
  public var prefix: String
  /// Between the elements of a list; nil when the header holds exactly one signature.
  public var listSeparator: Character?
  public var hash: Hash
  public var idSource: Source
  public var timestampSource: Source
  public var timestampUnit: TimestampUnit
  /// The exact number of digits of a timestamp, where the layout fixes it.
  public var timestampDigits: Int?
  public var signed: SignedTemplate
  public var keyDecoding: KeyDecoding
  public var tolerance: Tolerance

  public init(
    header: String, encoding: Encoding, prefix: String = "", listSeparator: Character? = nil,
    hash: Hash = .sha256, idSource: Source = .none, timestampSource: Source = .none,
    timestampUnit: TimestampUnit = .seconds, timestampDigits: Int? = nil, signed: SignedTemplate,
    keyDecoding: KeyDecoding = .raw, tolerance: Tolerance = .seconds(300)
  ) {
    self.header = header
    self.encoding = encoding
    self.prefix = prefix
    self.listSeparator = listSeparator
    self.hash = hash
    self.idSource = idSource
    self.timestampSource = timestampSource
    self.timestampUnit = timestampUnit
    self.timestampDigits = timestampDigits
    self.signed = signed
    self.keyDecoding = keyDecoding
    self.tolerance = tolerance
  }

  /// Whether a secret may serve both: everything but the tolerance is the same, so a delivery captured on
  /// one route cannot be read in another way on the other.
  public func signsLike(_ other: SignatureLayout) -> Bool {
    var copy = other
    copy.tolerance = tolerance
    return self == copy
  }
}

/// The bytes under the HMAC, written as `{id}.{timestamp}.{body}`.
public struct SignedTemplate: Sendable, Equatable {
  public enum Part: Sendable, Equatable {
    case literal([UInt8])
    case id
    case timestamp
    case body
  }

  public let parts: [Part]
  public let text: String

  /// Reads a template; throws a sentence that says what is wrong with it.
  public init(_ text: String) throws(LayoutProblem) {
    var parts: [Part] = []
    var literal: [UInt8] = []
    var rest = Substring(text)
    func flush() {
      if !literal.isEmpty { parts.append(.literal(literal)) }
      literal = []
    }
    while let character = rest.first {
      if let (name, part) = SignedTemplate.names.first(where: { rest.hasPrefix($0.0) }) {
        flush()
        parts.append(part)
        rest = rest.dropFirst(name.count)
      } else if character == "{" || character == "}" {
        throw LayoutProblem("knows only {id}, {timestamp} and {body}")
      } else {
        literal += Array(String(character).utf8)
        rest = rest.dropFirst()
      }
    }
    flush()
    self.parts = parts
    self.text = text
  }

  private static let names: [(String, Part)] = [
    ("{id}", .id), ("{timestamp}", .timestamp), ("{body}", .body),
  ]

  public func contains(_ part: Part) -> Bool { parts.contains(part) }
}

/// A sentence about what is wrong with a layout, without its subject: the setting's name goes before it.
public struct LayoutProblem: Error, Sendable, Equatable {
  public var sentence: String

  public init(_ sentence: String) { self.sentence = sentence }
}
