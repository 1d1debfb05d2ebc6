public import HTTP

/// An upstream's final answer up to its blank line, made fit to be handed back.
public struct Answer: Sendable {
  public let status: Int
  /// The reason phrase as it came; it may be empty.
  public let reason: [UInt8]
  /// What is for the sender: hop-by-hop fields are gone, so are length and framing.
  public let headers: HeaderList
  /// As announced; nil when the body's end is found in another way.
  public let contentLength: Int?

  public init(status: Int, reason: [UInt8], headers: HeaderList, contentLength: Int?) {
    self.status = status
    self.reason = reason
    self.headers = headers
    self.contentLength = contentLength
  }

  public var isSuccess: Bool { (200...299).contains(status) }

  /// Neither an answer to HEAD nor 204 or 304 has a body (RFC 9112, section 6.3).
  public func hasBody(for method: String) -> Bool { method != "HEAD" && status != 204 && status != 304 }
}
