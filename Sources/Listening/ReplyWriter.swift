internal import Gateway
internal import HTTP
internal import NIOCore

/// Puts one answer into bytes: status line, fields, framing and body in one buffer.
struct ReplyWriter {
  /// Whether the connection ends with this response.
  var closes: Bool
  private let method: String
  private let minorVersion: Int
  private var framing = Framing.none

  private enum Framing {
    case none
    case length
    case chunked
    /// For HTTP/1.0 and an unknown length: the end of the connection ends the body.
    case untilClose
  }

  init(_ head: RequestHead, closes: Bool) {
    self.closes = closes
    method = head.method
    minorVersion = head.minorVersion
  }

  /// For a request whose head could not be read.
  init(closes: Bool) {
    self.closes = closes
    method = "POST"
    minorVersion = 1
  }

  // MARK: Our own answers

  func refusal(_ rejection: Rejection, into buffer: inout ByteBuffer) {
    let text = rejection.publicText
    buffer.writeString("HTTP/1.1 \(rejection.status) \(ReasonPhrase.of(rejection.status))\r\n")
    buffer.writeStaticString("Content-Type: text/plain; charset=utf-8\r\n")
    if case .unverified = rejection { buffer.writeStaticString("WWW-Authenticate: Webhook-Signature\r\n") }
    if case .methodNotAllowed(let allowed) = rejection {
      buffer.writeString("Allow: \(allowed.joined(separator: ", "))\r\n")
    }
    if let seconds = rejection.retryAfterSeconds { buffer.writeString("Retry-After: \(seconds)\r\n") }
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 256) { target in
      var cursor = ByteCursor(target)
      finishHead(length: text.utf8.count + 1, at: &cursor)
      return cursor.count
    }
    if method != "HEAD" { buffer.writeString(text + "\n") }
  }

  // MARK: Upstreams' responses

  func whole(_ response: ResponseHead, body: UnsafeRawBufferPointer, into buffer: inout ByteBuffer) {
    let hasBody = response.hasBody(for: method)
    // The length of a body that does not follow is handed back as it was announced.
    let announced = response.status == 204 ? nil : response.contentLength
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: headBytesMax(response) + body.count) { target in
      var cursor = ByteCursor(target)
      statusAndFields(response, at: &cursor)
      finishHead(length: hasBody ? body.count : announced, at: &cursor)
      if hasBody { cursor.put(body) }
      return cursor.count
    }
  }

  mutating func head(_ response: ResponseHead, into buffer: inout ByteBuffer) {
    if response.contentLength != nil {
      framing = .length
    } else if minorVersion >= 1 {
      framing = .chunked
    } else {
      framing = .untilClose
      closes = true
    }
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: headBytesMax(response)) { target in
      var cursor = ByteCursor(target)
      statusAndFields(response, at: &cursor)
      if case .chunked = framing { cursor.put("Transfer-Encoding: chunked\r\n") }
      finishHead(length: response.contentLength, at: &cursor)
      return cursor.count
    }
  }

  func part(_ bytes: UnsafeRawBufferPointer, into buffer: inout ByteBuffer) {
    guard bytes.count > 0 else { return }
    guard case .chunked = framing else {
      buffer.writeBytes(bytes)
      return
    }
    buffer.writeString(String(bytes.count, radix: 16))
    buffer.writeStaticString("\r\n")
    buffer.writeBytes(bytes)
    buffer.writeStaticString("\r\n")
  }

  func end(into buffer: inout ByteBuffer) {
    if case .chunked = framing { buffer.writeStaticString("0\r\n\r\n") }
  }

  /// Status line, framing and connection fields together are far below 256 bytes.
  private func headBytesMax(_ response: ResponseHead) -> Int {
    response.reason.count + response.headers.wireBytes + 256
  }

  private func statusAndFields(_ response: ResponseHead, at cursor: inout ByteCursor) {
    cursor.put("HTTP/1.1 ")
    cursor.put(decimal: response.status)
    cursor.put(" ")
    response.reason.withUnsafeBytes { cursor.put($0) }
    cursor.put("\r\n")
    response.headers.withLines { cursor.put($0) }
  }

  private func finishHead(length: Int?, at cursor: inout ByteCursor) {
    if let length {
      cursor.put("Content-Length: ")
      cursor.put(decimal: length)
      cursor.put("\r\n")
    }
    if closes {
      cursor.put("Connection: close\r\n")
    } else if minorVersion == 0 {
      cursor.put("Connection: keep-alive\r\n")
    }
    cursor.put("\r\n")
  }
}
