public import Formats
public import HTTP

/// A planned request in a form that can be stored and read again, on another loop, after a restart or elsewhere:
/// all that leaves but for the mark and the upstream, which the route says when it is sent.
///
/// A stored request is a claim that a delivery was verified. So it is made of a request that was, or of bytes under a
/// seal that only this gateway's key can make.
public struct StoredRequest: Sendable {
  /// What a queue and an app call the delivery by, whatever they choose.
  public let identity: [UInt8]
  /// The name of the route that it came in on.
  public let routeName: String
  public let method: String
  public let body: [UInt8]
  /// In the order in which they are sent, behind the mark.
  public let headers: HeaderList
  let hasBody: Bool
  let hasHost: Bool
  /// What a prefix route leaves of the path, and the query behind its question mark.
  let rest: [UInt8]
  let query: [UInt8]

  /// - Throws: `.unverified` where it was not verified, and the bound of a part that is too long.
  public init(
    _ request: ForwardRequest, identity: [UInt8], routeName: String
  ) throws(StoredRequestFault) {
    guard request.isVerified else { throw .unverified }
    var headers = HeaderList(
      bytesExpected: request.headers.wireBytes, fieldsExpected: request.headers.count)
    // The mark is the first of them.
    for index in request.headers.fields.indices.dropFirst() { headers.append(index, of: request.headers) }
    try self.init(
      Parts(
        identity: identity, routeName: Array(routeName.utf8), method: Array(request.method.utf8),
        rest: request.rest, query: request.query, headers: headers, body: Array(request.body.bytes),
        hasBody: request.hasBody, hasHost: request.hasHost))
  }

  /// What it is made of, not yet looked at.
  struct Parts {
    var identity: [UInt8] = []
    var routeName: [UInt8] = []
    var method: [UInt8] = []
    var rest: [UInt8] = []
    var query: [UInt8] = []
    var headers = HeaderList()
    var body: [UInt8] = []
    var hasBody = false
    var hasHost = false
  }

  /// Only what a plan could have said is taken.
  init(_ parts: Parts) throws(StoredRequestFault) {
    guard parts.identity.count <= Self.identityBytesMax, parts.headers.count <= Self.fieldsMax,
      parts.headers.wireBytes <= Self.headerBytesMax, parts.body.count <= Self.bodyBytesMax,
      parts.rest.count + parts.query.count <= Self.targetBytesMax
    else { throw .tooLarge }
    guard let name = String(validating: parts.routeName, as: UTF8.self), !parts.method.isEmpty,
      parts.method.allSatisfy(\.isTokenCharacter), parts.rest.allSatisfy(\.isTargetByte),
      parts.query.allSatisfy(\.isTargetByte), parts.query.first ?? Self.questionMark == Self.questionMark,
      parts.headers.isFitToLeave, parts.hasBody || parts.body.isEmpty
    else { throw .malformed }
    identity = parts.identity
    routeName = name
    method = String(decoding: parts.method, as: UTF8.self)
    body = parts.body
    headers = parts.headers
    hasBody = parts.hasBody
    hasHost = parts.hasHost
    rest = parts.rest
    query = parts.query
  }

  static let identityBytesMax = 128
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
  /// Not what this gateway's key has sealed.
  case sealBroken
  case malformed
}

extension ForwardRequest {
  /// One that was stored, with the mark of the route as it is now. Its time begins anew.
  ///
  /// - Parameter arrival: from when on the route's times count.
  public convenience init(
    _ stored: StoredRequest, route: Route, arrival: Moment, lists: HeaderListPool = HeaderListPool()
  ) {
    let body = BodyBuffer()
    stored.body.withUnsafeBytes { body.append($0) }
    var headers = lists.take(
      bytesExpected: stored.headers.wireBytes + 256, fieldsExpected: stored.headers.count + 1)
    headers.append(name: route.mark.name, value: route.mark.value)
    for index in stored.headers.fields.indices { headers.append(index, of: stored.headers) }
    self.init(stored, headers: headers, body: body, times: route.times, arrival: arrival)
  }
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
