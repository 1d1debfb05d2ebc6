/// An answer's final head, made fit to be handed on: fields that were meant for its connection alone are gone.
public struct ResponseHead: Sendable {
  /// How the end of the body that follows is found (RFC 9112, section 6.3).
  public enum Framing: Equatable, Sendable {
    /// There is none, whatever the fields say: HEAD, 204, 304.
    case none
    case length(Int)
    case chunked
    /// With the connection.
    case close
  }

  /// 200 to 599.
  public let status: Int
  /// The reason phrase; it may be empty.
  public let reason: [UInt8]
  public let headers: HeaderList
  /// As it was announced, also where no body follows.
  public let contentLength: Int?
  public let framing: Framing
  /// Whether the other side lets the connection be used again when the answer is over.
  public let keepsAlive: Bool

  public init(
    status: Int, reason: [UInt8], headers: HeaderList, contentLength: Int?, framing: Framing,
    keepsAlive: Bool
  ) {
    self.status = status
    self.reason = reason
    self.headers = headers
    self.contentLength = contentLength
    self.framing = framing
    self.keepsAlive = keepsAlive
  }

  public var isSuccess: Bool { (200...299).contains(status) }

  /// Neither an answer to HEAD nor 204 or 304 has a body (RFC 9112, section 6.3).
  public func hasBody(for method: String) -> Bool { method != "HEAD" && status != 204 && status != 304 }
}
