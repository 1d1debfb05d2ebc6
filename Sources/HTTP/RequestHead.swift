/// A request's first part, read and found unambiguous: what `RequestReader` makes and the spine begins with.
//
// A class, as the phases of a delivery hand it on: a reference is counted once, where a struct's copy counts its
// method, its target and both arrays of its headers.
public final class RequestHead: Sendable {
  /// As it came; methods are case-sensitive.
  public let method: String
  /// The request target in origin form, exactly as it came: path, and query if there is one.
  public let target: [UInt8]
  /// 1 for HTTP/1.1, 0 for HTTP/1.0.
  public let minorVersion: Int
  public let headers: HeaderList
  public let framing: Framing
  /// The `Host` field's index in `headers`; HTTP/1.0 may have none.
  public let hostIndex: Int?
  /// Whether the sender lets the connection be used again.
  public let keepsAlive: Bool
  /// Whether the sender waits for `100 Continue` before it sends the body.
  public let expectsContinue: Bool

  /// How the body's end is found (RFC 9112, section 6). Both at once is refused before this exists.
  public enum Framing: Equatable, Sendable {
    /// Neither Content-Length nor Transfer-Encoding.
    case none
    case length(Int)
    case chunked
  }

  public init(
    method: String, target: [UInt8], minorVersion: Int = 1, headers: HeaderList, framing: Framing,
    hostIndex: Int?, keepsAlive: Bool = true, expectsContinue: Bool = false
  ) {
    self.method = method
    self.target = target
    self.minorVersion = minorVersion
    self.headers = headers
    self.framing = framing
    self.hostIndex = hostIndex
    self.keepsAlive = keepsAlive
    self.expectsContinue = expectsContinue
  }

  /// Where the path ends in `target`: at the question mark, or at the end.
  public var pathCount: Int { target.firstIndex(of: UInt8(ascii: "?")) ?? target.count }

  /// The path for people.
  public var pathText: String { String(decoding: target[..<pathCount], as: UTF8.self) }
}
