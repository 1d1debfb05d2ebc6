import HTTP
import TestSupport

/// What holds of any bytes that an upstream may answer with. The first byte of an input chooses whether it is an
/// answer to HEAD, and whether the connection ends behind it; the rest is the answer.
enum ResponseProperty {
  static func violation(_ input: [UInt8]) -> String? {
    guard let flags = input.first else { return nil }
    let bytes = Array(input.dropFirst())
    var setting = ResponseTranscript.Setting(isForHEAD: flags & 1 != 0)
    let lenient = ResponseTranscript(of: bytes, setting)
    if let text = violation(bytes, lenient, setting) { return text }
    setting.leniency = .none
    let strict = ResponseTranscript(of: bytes, setting)
    if let text = violation(bytes, strict, setting) { return "strictly read, \(text)" }
    if strict.fault == nil, !strict.isSame(as: lenient) {
      return "leniency changes what was sound without it"
    }
    if strict.fault == nil || strict.head != nil {
      let endsHere = flags & 2 != 0
      // What stands behind the answer is no question of how it is read.
      let answer = Array(bytes.dropLast(strict.surplus))
      guard let oracle = try? ResponseOracle(of: answer, isForHEAD: setting.isForHEAD, endsHere: endsHere)
      else { return "NIO's channel failed" }
      if let text = oracle.disagreement(with: strict, endsHere: endsHere) {
        return "NIO reads it differently: \(text)"
      }
    }
    return violationUnderTightBounds(bytes, setting)
  }

  private static func violation(
    _ bytes: [UInt8], _ whole: ResponseTranscript, _ setting: ResponseTranscript.Setting
  ) -> String? {
    var generator = SeededGenerator(choosingBy: bytes)
    if ResponseTranscript(ofPieces: bytes.cut(using: &generator), setting) != whole {
      return "a cut changes the reading"
    }
    if bytes.count <= 512, ResponseTranscript(ofPieces: bytes.singleBytes, setting) != whole {
      return "byte by byte it reads differently"
    }
    if ResponseTranscript(of: bytes, behind: bytes.cut(using: &generator).first ?? [], setting) != whole {
      return "behind a part of it it reads differently"
    }
    if whole.isComplete, whole.head == nil { return "an end without a beginning" }
    return whole.head.flatMap { unsoundness($0, of: whole, setting) }
  }

  private static func violationUnderTightBounds(
    _ bytes: [UInt8], _ setting: ResponseTranscript.Setting
  ) -> String? {
    var generator = SeededGenerator(choosingBy: bytes)
    var setting = setting
    setting.leniency = Bool.random(using: &generator) ? .none : .ofAnswers
    setting.bounds.headerBytesMax = Int.random(in: 1...160, using: &generator)
    setting.bounds.headerFieldsMax = Int.random(in: 1...4, using: &generator)
    let whole = ResponseTranscript(of: bytes, setting)
    guard ResponseTranscript(ofPieces: bytes.cut(using: &generator), setting) == whole else {
      return "a cut changes the reading under \(setting.bounds)"
    }
    guard let head = whole.head else { return nil }
    let size = head.fields.reduce(head.reason.count) { $0 + $1.name.count + $1.value.count }
    guard size <= setting.bounds.headerBytesMax, head.fields.count <= setting.bounds.headerFieldsMax else {
      return "more than the bounds was read"
    }
    return nil
  }

  /// What a final head must never be, judged without the code under test.
  private static func unsoundness(
    _ head: ResponseTranscript.Head, of whole: ResponseTranscript, _ setting: ResponseTranscript.Setting
  ) -> String? {
    guard 200...599 ~= head.status else { return "a final answer of \(head.status)" }
    guard head.reason.allSatisfy({ ($0 >= 0x20 || $0 == 0x09) && $0 != 0x7F }) else { return "a bad reason" }
    if head.fields.contains(where: { !$0.isSound }) { return "a bad field" }
    let forConnection = [
      "connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "content-length",
      "transfer-encoding",
    ]
    if head.fields.contains(where: { forConnection.contains($0.lowercasedName) }) {
      return "a field for the connection goes on"
    }
    let isBodiless = setting.isForHEAD || head.status == 204 || head.status == 304
    guard isBodiless == (head.framing == .none) else { return "framed as \(head.framing)" }
    switch head.framing {
    case .none: return whole.body.isEmpty ? nil : "a body where there is none"
    case .length(let length):
      guard head.contentLength == length else { return "another length" }
      let isRight = whole.body.count == length || (whole.body.count < length && !whole.isComplete)
      return isRight ? nil : "a body of another length"
    case .chunked: return head.contentLength == nil ? nil : "two framings"
    case .close:
      return whole.isComplete || head.contentLength != nil ? "an end that only a close can be" : nil
    }
  }

  /// The same for what follows the head of a chunked answer.
  static func chunkedViolation(_ bytes: [UInt8]) -> String? { violation(chunkedHead + bytes) }

  private static let chunkedHead =
    [0] + Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
}

extension ResponseTranscript {
  /// But for chunks that lack their very last LF.
  fileprivate func isSame(as other: ResponseTranscript) -> Bool {
    var other = other
    if head?.framing == .chunked, !isComplete { other.mayEndHere = mayEndHere }
    return self == other
  }
}

extension Transcript.Field {
  fileprivate var lowercasedName: String { String(decoding: name, as: UTF8.self).lowercased() }
}
