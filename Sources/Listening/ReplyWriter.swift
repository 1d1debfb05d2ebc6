internal import Gateway
internal import NIOCore

/// Puts one answer into bytes: status line, fields, framing and body in one buffer.
struct ReplyWriter {
  /// Whether the connection ends with this answer.
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
    finishHead(length: text.utf8.count + 1, into: &buffer)
    if method != "HEAD" { buffer.writeString(text + "\n") }
  }

  // MARK: Upstreams' answers

  func whole(_ answer: Answer, body: UnsafeRawBufferPointer, into buffer: inout ByteBuffer) {
    statusAndFields(answer, into: &buffer)
    guard answer.hasBody(for: method) else {
      // The length of a body that does not follow is handed back as it was announced.
      finishHead(length: answer.status == 204 ? nil : answer.contentLength, into: &buffer)
      return
    }
    finishHead(length: body.count, into: &buffer)
    buffer.writeBytes(body)
  }

  mutating func head(_ answer: Answer, into buffer: inout ByteBuffer) {
    statusAndFields(answer, into: &buffer)
    if answer.contentLength != nil {
      framing = .length
    } else if minorVersion >= 1 {
      framing = .chunked
      buffer.writeStaticString("Transfer-Encoding: chunked\r\n")
    } else {
      framing = .untilClose
      closes = true
    }
    finishHead(length: answer.contentLength, into: &buffer)
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

  private func statusAndFields(_ answer: Answer, into buffer: inout ByteBuffer) {
    buffer.writeStaticString("HTTP/1.1 ")
    buffer.writeString(String(answer.status))
    buffer.writeStaticString(" ")
    buffer.writeBytes(answer.reason)
    buffer.writeStaticString("\r\n")
    for index in 0..<answer.headers.count {
      answer.headers.withField(index) { name, value in
        buffer.writeBytes(name)
        buffer.writeStaticString(": ")
        buffer.writeBytes(value)
        buffer.writeStaticString("\r\n")
      }
    }
  }

  private func finishHead(length: Int?, into buffer: inout ByteBuffer) {
    if let length {
      buffer.writeStaticString("Content-Length: ")
      buffer.writeString(String(length))
      buffer.writeStaticString("\r\n")
    }
    if closes {
      buffer.writeStaticString("Connection: close\r\n")
    } else if minorVersion == 0 {
      buffer.writeStaticString("Connection: keep-alive\r\n")
    }
    buffer.writeStaticString("\r\n")
  }
}

/// The reason phrases of our own answers (RFC 9110, section 15; RFC 6585 for 431).
enum ReasonPhrase {
  static func of(_ status: Int) -> String {
    switch status {
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 413: "Content Too Large"
    case 414: "URI Too Long"
    case 417: "Expectation Failed"
    case 431: "Request Header Fields Too Large"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 505: "HTTP Version Not Supported"
    default: "Error"
    }
  }
}
