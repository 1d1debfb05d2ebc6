import Gateway
import HTTP

/// What a reader made of some bytes: every request it handed out, and how it ended.
struct Transcript: Equatable {
  struct Field: Equatable {
    var name: [UInt8]
    var value: [UInt8]
  }

  struct Message: Equatable {
    var method: String
    var target: String
    var minorVersion: Int
    var fields: [Field]
    var framing: RequestHead.Framing
    var hostIndex: Int?
    var keepsAlive: Bool
    var expectsContinue: Bool
    var body: [UInt8] = []
    var isComplete = false
  }

  var messages: [Message] = []
  var rejection: RequestFault?
  var hasBegun = false
  var isReadingBody = false

  /// Every request was whole, and nothing came after the last one.
  var isClean: Bool { rejection == nil && !hasBegun && !isReadingBody }
}

extension Transcript {
  init(of bytes: [UInt8], limits: Limits = Limits()) {
    self.init(ofPieces: [bytes], limits: limits)
  }

  init(of text: String, limits: Limits = Limits()) {
    self.init(of: Array(text.utf8), limits: limits)
  }

  /// - Parameter gatheredBytesMax: of small chunks, so many bytes are asked for together; 0: each by itself.
  init(ofPieces pieces: [[UInt8]], limits: Limits = Limits(), gatheredBytesMax: Int = 0) {
    var reader = RequestReader(bounds: limits.requestBounds)
    rejection = give(pieces) { (piece) throws(RequestFault) in try take(piece, &reader, gatheredBytesMax) }
    hasBegun = rejection == nil && reader.hasBegun
    isReadingBody = reader.isReadingBody
  }

  private mutating func take(
    _ piece: UnsafeRawBufferPointer, _ reader: inout RequestReader, _ gatheredBytesMax: Int
  ) throws(RequestFault) {
    var offset = 0
    while true {
      let rest = UnsafeRawBufferPointer(rebasing: piece[offset...])
      var consumed = 0
      let event = try reader.read(rest, consumed: &consumed)
      precondition(0...rest.count ~= consumed, "the reader took more than it was given")
      offset += consumed
      switch event {
      case .needMore:
        precondition(offset == piece.count, "the reader left bytes and wants more")
        return
      case .head(let head): messages.append(Message(head))
      case .body(let range):
        precondition(!range.isEmpty && range.upperBound <= consumed, "body bytes outside those taken")
        messages[messages.count - 1].body += rest[range]
        if gatheredBytesMax > 0 { gather(from: piece, &offset, &reader, gatheredBytesMax) }
      case .end: messages[messages.count - 1].isComplete = true
      }
    }
  }
}

extension Transcript {
  private mutating func gather(
    from piece: UnsafeRawBufferPointer, _ offset: inout Int, _ reader: inout RequestReader,
    _ gatheredBytesMax: Int
  ) {
    withUnsafeTemporaryAllocation(byteCount: gatheredBytesMax, alignment: 1) { room in
      while true {
        var consumed = 0
        let gathered = reader.gatherSmallChunks(
          UnsafeRawBufferPointer(rebasing: piece[offset...]), consumed: &consumed, into: room)
        offset += consumed
        guard gathered > 0 else { return }
        messages[messages.count - 1].body += room[..<gathered]
      }
    }
  }
}

extension Transcript.Message {
  init(_ head: RequestHead) {
    method = head.method
    target = String(decoding: head.target, as: UTF8.self)
    minorVersion = head.minorVersion
    fields = (0..<head.headers.count).map { index in
      head.headers.withField(index) { Transcript.Field(name: Array($0), value: Array($1)) }
    }
    framing = head.framing
    hostIndex = head.hostIndex
    keepsAlive = head.keepsAlive
    expectsContinue = head.expectsContinue
  }

  var bodyText: String { String(decoding: body, as: UTF8.self) }

  func value(of name: String) -> [UInt8]? { fields.first { $0.name == Array(name.utf8) }?.value }
}
