import HTTP

/// What a reader made of the bytes of one answer, and how many of them it left alone.
struct ResponseTranscript: Equatable {
  typealias Field = Transcript.Field

  struct Head: Equatable {
    var status: Int
    var reason: [UInt8]
    var fields: [Field]
    var contentLength: Int?
    var framing: ResponseHead.Framing
    var keepsAlive: Bool
  }

  var head: Head?
  var body: [UInt8] = []
  var isComplete = false
  var fault: MessageFault?
  var hasBegun = false
  var mayEndHere = false
  /// Bytes behind the answer.
  var surplus = 0
}

extension ResponseTranscript {
  /// How a reader is set.
  struct Setting {
    var isForHEAD = false
    var leniency = Leniency.ofAnswers
    var bounds = ResponseReader.Bounds(headerBytesMax: 65_536)
  }

  init(of bytes: [UInt8], _ setting: Setting = Setting()) { self.init(ofPieces: [bytes], setting) }

  init(of text: String, _ setting: Setting = Setting()) { self.init(of: Array(text.utf8), setting) }

  init(ofPieces pieces: [[UInt8]], _ setting: Setting = Setting()) {
    var reader = ResponseReader(
      bounds: setting.bounds, isForHEAD: setting.isForHEAD, leniency: setting.leniency)
    read(pieces, by: &reader)
  }

  /// By a reader that has read another answer before, or a part of one.
  init(of bytes: [UInt8], behind other: [UInt8], _ setting: Setting) {
    var reader = ResponseReader(
      bounds: .init(headerBytesMax: 4_096), isForHEAD: !setting.isForHEAD, leniency: setting.leniency)
    var before = ResponseTranscript()
    before.read([other], by: &reader)
    reader.begin(bounds: setting.bounds, isForHEAD: setting.isForHEAD)
    read([bytes], by: &reader)
  }

  private mutating func read(_ pieces: [[UInt8]], by reader: inout ResponseReader) {
    fault = give(pieces) { (piece) throws(MessageFault) in try take(piece, &reader) }
    hasBegun = reader.hasBegun
    mayEndHere = reader.mayEndHere
  }

  private mutating func take(
    _ piece: UnsafeRawBufferPointer, _ reader: inout ResponseReader
  ) throws(MessageFault) {
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
      case .head(let head): self.head = Head(head)
      case .body(let range):
        precondition(!range.isEmpty && range.upperBound <= consumed, "body bytes outside those taken")
        body += rest[range]
      case .end:
        isComplete = true
        surplus += piece.count - offset
        return
      }
    }
  }

  /// Whether the answer is whole where its connection ends behind these bytes.
  var isWholeAtEnd: Bool { fault == nil && mayEndHere }

  var bodyText: String { String(decoding: body, as: UTF8.self) }
}

extension ResponseTranscript.Head {
  init(_ head: ResponseHead) {
    status = head.status
    reason = head.reason
    fields = (0..<head.headers.count).map { index in
      head.headers.withField(index) { Transcript.Field(name: Array($0), value: Array($1)) }
    }
    contentLength = head.contentLength
    framing = head.framing
    keepsAlive = head.keepsAlive
  }

  var lines: [String] {
    fields.map { "\(String(decoding: $0.name, as: UTF8.self)): \(String(decoding: $0.value, as: UTF8.self))" }
  }
}
