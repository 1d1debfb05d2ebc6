internal import HTTP
internal import Signing

/// A planned request in a form that can be stored and read again, on another loop or after a restart: all that leaves
/// but for the mark, what is said of the attempt, and the upstream, which the route says when it is sent.
///
/// A stored request is a claim that a delivery was verified. So it is made of a request that was, or of what a seal
/// proves to be one.
public struct StoredRequest: Sendable {
  public let method: String
  public let body: [UInt8]
  /// In the order in which they are sent, behind the mark.
  let headers: HeaderList
  let hasBody: Bool
  let hasHost: Bool
  /// Whether the gateway has made it itself: all its attempts say so, replays too.
  public let isTest: Bool
  /// What a prefix route leaves of the path, and the query behind its question mark.
  let rest: [UInt8]
  let query: [UInt8]

  /// Without the field of `leftOut`, a name in lower case.
  ///
  /// - Throws: `.unverified` where it was not verified, and the bound of a part that is too long.
  init(_ request: ForwardRequest, leavingOut leftOut: String? = nil) throws(StoredRequestFault) {
    guard request.isVerified else { throw .unverified }
    let name = leftOut.map { Array($0.utf8) }
    var headers = HeaderList(
      bytesExpected: request.headers.wireBytes, fieldsExpected: request.headers.count)
    // The mark is the first of them.
    for index in request.headers.fields.indices.dropFirst() {
      let isLeftOut = request.headers.withField(index) { field, _ in
        // That of a test is a flag here, and no field.
        TestMark.isNamed(field) || name.map { field.equalsIgnoringCaseAndHyphens($0) } ?? false
      }
      if !isLeftOut { headers.append(index, of: request.headers) }
    }
    try self.init(
      Parts(
        method: Array(request.method.utf8), rest: request.rest, query: request.query, headers: headers,
        body: Array(request.body.bytes), hasBody: request.hasBody, hasHost: request.hasHost,
        isTest: request.isTest))
  }

  /// What was stored, and is what it was.
  public init(_ sealed: SealedDelivery) throws(StoredRequestFault) {
    try self.init(head: sealed.head, method: sealed.facts.method, body: sealed.body)
  }

  /// What it is made of, not yet looked at.
  struct Parts {
    var method: [UInt8] = []
    var rest: [UInt8] = []
    var query: [UInt8] = []
    var headers = HeaderList()
    var body: [UInt8] = []
    var hasBody = false
    var hasHost = false
    var isTest = false
  }

  /// Only what a plan could have said is taken.
  init(_ parts: Parts) throws(StoredRequestFault) {
    guard parts.headers.count <= Self.fieldsMax, parts.headers.wireBytes <= Self.headerBytesMax,
      parts.body.count <= Self.bodyBytesMax, parts.rest.count + parts.query.count <= Self.targetBytesMax
    else { throw .tooLarge }
    guard !parts.method.isEmpty, parts.method.allSatisfy(\.isTokenCharacter),
      parts.rest.allSatisfy(\.isTargetByte), parts.query.allSatisfy(\.isTargetByte),
      parts.query.first ?? Self.questionMark == Self.questionMark, parts.headers.isFitToLeave,
      parts.hasBody || parts.body.isEmpty
    else { throw .malformed }
    method = String(decoding: parts.method, as: UTF8.self)
    body = parts.body
    headers = parts.headers
    isTest = parts.isTest
    hasBody = parts.hasBody
    hasHost = parts.hasHost
    rest = parts.rest
    query = parts.query
  }

  static let targetBytesMax = 1 << 20
  static let fieldsMax = 65_536
  static let headerBytesMax = 1 << 24
  static let bodyBytesMax = 1 << 30
  private static let questionMark = UInt8(ascii: "?")
}

/// Why a request cannot be stored, or what was stored not be read.
public enum StoredRequestFault: Error, Sendable, Equatable {
  /// Only what was verified is stored.
  case unverified
  case tooLarge
  /// Written by a version that is not known here.
  case unknownVersion
  case malformed
}

extension HeaderList {
  /// Whether each of its names and values could have been planned: the names cannot be folded, and no value ends its
  /// line.
  fileprivate var isFitToLeave: Bool {
    fields.indices.allSatisfy { index in
      withField(index) { name, value in
        !name.isEmpty && name.isOfLettersDigitsAndHyphens
          && value.endOfFieldValueBytes(from: 0, to: value.count) == value.count
      }
    }
  }
}

extension UInt8 {
  /// What a target may be of: printable, no blank, no fragment.
  fileprivate var isTargetByte: Bool { self > 0x20 && self < 0x7F && self != UInt8(ascii: "#") }
}
