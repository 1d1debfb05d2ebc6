import HTTP
import NIOCore
import NIOEmbedded
import NIOHTTP1

/// The same answer as SwiftNIO's decoder reads it.
struct ResponseOracle {
  private var head: HTTPResponseHead?
  private var body: [UInt8] = []
  private var isComplete = false
  private var failure: (any Error)?

  /// - Parameter endsHere: whether the connection ends behind the bytes.
  init(of bytes: [UInt8], isForHEAD: Bool, endsHere: Bool) throws {
    // What stands behind the answer is the caller's to judge, not NIO's.
    let channel = EmbeddedChannel(
      handler: ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes)))
    let method: HTTPMethod = isForHEAD ? .HEAD : .POST
    try channel.writeOutbound(
      HTTPClientRequestPart.head(HTTPRequestHead(version: .http1_1, method: method, uri: "/")))
    do { _ = try channel.writeInbound(ByteBuffer(bytes: bytes)) } catch { failure = error }
    if endsHere { channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
    while let part = try channel.readInbound(as: HTTPClientResponsePart.self) { take(part) }
    _ = try? channel.finish()
    while let part = try channel.readInbound(as: HTTPClientResponsePart.self), endsHere { take(part) }
  }

  private mutating func take(_ part: HTTPClientResponsePart) {
    guard !isComplete else { return }
    switch part {
    case .head(let head): self.head = head
    case .body(let buffer): body += Array(buffer.readableBytesView)
    case .end: isComplete = true
    }
  }
}

extension ResponseOracle {
  /// Where NIO reads something else than we did; nil when it is of one mind with us.
  func disagreement(with ours: ResponseTranscript, endsHere: Bool) -> String? {
    guard let read = ours.head else { return nil }
    // An interim answer that closes is the last for NIO; we forget it, and do not use the connection again.
    if !read.keepsAlive, failure as? HTTPParserError == .closedConnection { return nil }
    guard let head else { return "NIO reads no head: \(failure as Any)" }
    if Int(head.status.code) != read.status { return "status \(head.status.code)" }
    if let text = fieldDisagreement(head, read) { return text }
    // What we refuse in the middle of a body NIO may read on, or not.
    if ours.fault != nil { return nil }
    if refusesTrailer(ours) { return nil }
    if body != ours.body { return "a body of \(body.count), not \(ours.body.count)" }
    let isOver = ours.isComplete || (endsHere && ours.mayEndHere)
    return isComplete == isOver ? nil : "complete: \(isComplete), not \(isOver): \(failure as Any)"
  }

  /// Of the fields, those that are for the sender: what is for the connection alone is not handed on by us.
  private func fieldDisagreement(_ head: HTTPResponseHead, _ ours: ResponseTranscript.Head) -> String? {
    let forConnection: Set<String> = [
      "te", "trailer", "upgrade", "connection", "keep-alive", "content-length", "proxy-connection",
      "transfer-encoding",
    ]
    let named = head.headers[canonicalForm: "connection"].map { $0.lowercased() }
      .filter { $0 != "close" && $0 != "keep-alive" }
    let theirs = head.headers.filter { field in
      let name = field.name.lowercased()
      return !forConnection.contains(name) && !named.contains(name)
    }
    guard theirs.count == ours.fields.count else {
      return "\(theirs.count) fields, not \(ours.fields.count)"
    }
    for (theirs, ours) in zip(theirs, ours.fields) {
      // NIO leaves blanks at a value's end, and makes text of bytes that are none.
      let value = String(theirs.value.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
      guard theirs.name == String(decoding: ours.name, as: UTF8.self),
        value == String(decoding: ours.value, as: UTF8.self)
      else { return "field \(theirs)" }
    }
    return nil
  }

  /// NIO judges a trailer called Content-Length or Transfer-Encoding like the header; we drop every trailer.
  private func refusesTrailer(_ ours: ResponseTranscript) -> Bool {
    guard ours.head?.framing == .chunked, !isComplete, let error = failure as? HTTPParserError else {
      return false
    }
    let names = [HTTPParserError.unexpectedContentLength, .invalidContentLength, .unknown]
    return names.contains(error) && ours.body.starts(with: body)
  }
}
