import TestSupport
import Testing

/// Raw bytes, and what becomes of them.
struct RawCase: Sendable, CustomTestStringConvertible {
  enum Expected: Sendable {
    /// One answer with one of these statuses, then the end of the connection. The upstream gets nothing, and
    /// nothing that follows is read.
    case refused([Int])
    /// The 401 that all failed verifications share; the connection stays in step.
    case unverified
    /// 200, and the upstream has exactly this body once, in a request that every reader reads alike.
    case delivered([UInt8])
  }

  let topic: HostileTopic
  let name: String
  let expected: Expected
  private let make: @Sendable () -> [UInt8]

  /// - Parameter make: is asked when the case runs: a signature holds for some minutes only.
  init(_ topic: HostileTopic, _ name: String, _ expected: Expected, make: @escaping @Sendable () -> [UInt8]) {
    self.topic = topic
    self.name = name
    self.expected = expected
    self.make = make
  }

  /// - Parameters:
  ///   - text: every scalar is one byte (ISO 8859-1); `<signed>` stands for the signature's two lines.
  ///   - signed: the body that they sign.
  init(
    _ topic: HostileTopic, _ name: String, _ expected: Expected, text: String, signed: String = RawCase.body
  ) {
    self.init(topic, name, expected) {
      let lines = SignedRequest(bytes: signed.latin1Bytes).signatureLines.map { $0 + "\r\n" }.joined()
      return text.replacing("<signed>", with: lines).latin1Bytes
    }
  }

  var bytes: [UInt8] { make() }
  var testDescription: String { "\(topic.rawValue) \(name)" }

  /// What is signed where a case does not say otherwise.
  static let body = "0123456789"
  static let chunkedBody = "a\r\n0123456789\r\n0\r\n\r\n"

  /// A POST to the route, signed, with these further lines and what follows the head. Lines end by
  /// themselves: a case may want another end.
  static func post(_ lines: String, _ rest: String = body) -> String {
    "POST /hook HTTP/1.1\r\nHost: a\r\n<signed>\(lines)\r\n\r\n\(rest)"
  }
}

extension String {
  /// Scalars as bytes; what is no byte (a full-width digit, say) as UTF-8.
  var latin1Bytes: [UInt8] {
    unicodeScalars.flatMap { $0.value < 256 ? [UInt8($0.value)] : Array(String($0).utf8) }
  }
}
