import HTTP
import NIOCore
import NIOEmbedded
import NIOHTTP1

/// The same bytes as SwiftNIO's decoder reads them.
struct NIOOracle {
  struct Message {
    var method: String
    var target: String
    var fields: [(name: String, value: String)]
    var body: [UInt8] = []
    var isComplete = false
    var closesByTrailer = false
  }

  var messages: [Message] = []
  var failure: (any Error)?

  init(of bytes: [UInt8]) throws {
    let channel = EmbeddedChannel(handler: ByteToMessageHandler(HTTPRequestDecoder()))
    do { _ = try channel.writeInbound(ByteBuffer(bytes: bytes)) } catch { failure = error }
    while let part = try channel.readInbound(as: HTTPServerRequestPart.self) { take(part) }
    _ = try? channel.finish()
  }

  private mutating func take(_ part: HTTPServerRequestPart) {
    switch part {
    case .head(let head):
      let fields = head.headers.map { (name: $0.name, value: $0.value) }
      messages.append(Message(method: head.method.rawValue, target: head.uri, fields: fields))
    case .body(let buffer): messages[messages.count - 1].body += Array(buffer.readableBytesView)
    case .end(let trailers):
      messages[messages.count - 1].isComplete = true
      messages[messages.count - 1].closesByTrailer =
        trailers?[canonicalForm: "connection"].contains { $0.lowercased() == "close" } ?? false
    }
  }
}

extension NIOOracle {
  /// Where NIO reads something else than we accepted; nil when it is of one mind with us.
  func disagreement(with ours: Transcript) -> String? {
    for (index, message) in ours.messages.enumerated() {
      // NIO knows a fixed list of methods; an extension method is no question of framing.
      if case .RAW = HTTPMethod(rawValue: message.method) { return nil }
      guard index < messages.count else {
        return "NIO reads \(messages.count) requests, we read \(ours.messages.count): \(failure as Any)"
      }
      let theirs = messages[index]
      if let text = theirs.headDisagreement(with: message) { return "request \(index): \(text)" }
      // What we refuse in the middle of a body NIO may read on, or not.
      if !message.isComplete, ours.rejection != nil { return nil }
      if refusesTrailer(of: message, at: index) { return nil }
      if endsByTrailer(at: index) { return nil }
      if let text = theirs.bodyDisagreement(with: message) { return "request \(index): \(text)" }
      // Nothing is read after a request that ends its connection; NIO says so itself, we leave it to Listening.
      if !message.keepsAlive { return nil }
    }
    guard ours.rejection == nil, !ours.hasBegun else { return nil }
    if let failure { return "NIO refuses: \(failure)" }
    return messages.count == ours.messages.count ? nil : "NIO reads more requests"
  }

  /// NIO heeds `Connection: close` among the trailers, and refuses what comes behind; we drop every trailer.
  private func endsByTrailer(at index: Int) -> Bool {
    index == messages.count - 1 && messages[index].closesByTrailer
      && failure as? HTTPParserError == .closedConnection
  }

  /// NIO judges a trailer called Content-Length or Transfer-Encoding (for that it has no word: `unknown`) like
  /// the header; we drop every trailer.
  private func refusesTrailer(of ours: Transcript.Message, at index: Int) -> Bool {
    guard ours.framing == .chunked, index == messages.count - 1, !messages[index].isComplete,
      let error = failure as? HTTPParserError
    else { return false }
    let names = [HTTPParserError.unexpectedContentLength, .invalidContentLength, .unknown]
    return names.contains(error) && ours.body.starts(with: messages[index].body)
  }
}

extension NIOOracle.Message {
  func headDisagreement(with ours: Transcript.Message) -> String? {
    if method != ours.method { return "method \(method)" }
    if target != ours.target { return "target \(target)" }
    if fields.count != ours.fields.count { return "\(fields.count) fields, not \(ours.fields.count)" }
    for (theirs, ours) in zip(fields, ours.fields) {
      // NIO leaves blanks at a value's end, and makes text of bytes that are none.
      let value = String(theirs.value.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
      guard theirs.name == String(decoding: ours.name, as: UTF8.self),
        value == String(decoding: ours.value, as: UTF8.self)
      else { return "field \(theirs)" }
    }
    return nil
  }

  func bodyDisagreement(with ours: Transcript.Message) -> String? {
    if isComplete != ours.isComplete { return "complete: \(isComplete), not \(ours.isComplete)" }
    return body == ours.body ? nil : "body of \(body.count), not \(ours.body.count)"
  }
}
