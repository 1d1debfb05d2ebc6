import Gateway
import HTTP
import TestSupport

/// What holds of any bytes that a sender may send.
enum HeadProperty {
  /// Nil where it holds, else what does not.
  static func violation(_ bytes: [UInt8]) -> String? {
    let whole = Transcript(of: bytes)
    if let text = whole.messages.lazy.compactMap(\.unsoundness).first { return text }
    if whole.messages.dropLast().contains(where: { !$0.isComplete }) { return "a request before its end" }
    var generator = SeededGenerator(choosingBy: bytes)
    if Transcript(ofPieces: bytes.cut(using: &generator)) != whole { return "a cut changes the reading" }
    let gatheredBytesMax = Int.random(in: 1...80, using: &generator)
    guard
      Transcript(ofPieces: bytes.cut(using: &generator), gatheredBytesMax: gatheredBytesMax) == whole,
      Transcript(ofPieces: [bytes], gatheredBytesMax: gatheredBytesMax) == whole
    else { return "small chunks taken together read differently" }
    // Every byte alone is the cut that finds most, and costs most.
    if bytes.count <= 512, Transcript(ofPieces: bytes.singleBytes) != whole {
      return "byte by byte it reads differently"
    }
    if let text = violationUnderTightLimits(bytes, &generator) { return text }
    guard let oracle = try? NIOOracle(of: bytes) else { return "NIO's channel failed" }
    return oracle.disagreement(with: whole).map { "NIO reads it differently: \($0)" }
  }

  private static func violationUnderTightLimits(
    _ bytes: [UInt8], _ generator: inout SeededGenerator
  ) -> String? {
    var limits = Limits()
    limits.requestLineBytesMax = Int.random(in: 1...64, using: &generator)
    limits.headerBytesMax = Int.random(in: 1...128, using: &generator)
    limits.headerFieldsMax = Int.random(in: 1...4, using: &generator)
    let whole = Transcript(of: bytes, limits: limits)
    guard Transcript(ofPieces: bytes.cut(using: &generator), limits: limits) == whole else {
      return "a cut changes the reading under \(limits)"
    }
    let sizes = whole.messages.map { $0.fields.reduce(0) { $0 + $1.name.count + $1.value.count } }
    guard sizes.allSatisfy({ $0 <= limits.headerBytesMax }),
      whole.messages.allSatisfy({ $0.fields.count <= limits.headerFieldsMax })
    else { return "more than the limits was accepted" }
    return nil
  }

  /// The same for what follows the head of a chunked request.
  static func chunkedViolation(_ bytes: [UInt8]) -> String? { violation(chunkedHead + bytes) }

  private static let chunkedHead = Array(
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
}

extension Transcript.Message {
  /// What an accepted request must never be, judged without the code under test.
  var unsoundness: String? {
    if method.isEmpty || method.utf8.contains(where: { $0 <= 0x20 || $0 >= 0x7F }) { return "a bad method" }
    guard target.hasPrefix("/"), target.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x23 }) else {
      return "a bad target"
    }
    if fields.contains(where: { !$0.isSound }) { return "a bad field" }
    return framingUnsoundness
  }

  private var framingUnsoundness: String? {
    let lengths = fields.filter { $0.isNamed("content-length") }
    let codings = fields.filter { $0.isNamed("transfer-encoding") }
    let hosts = fields.indices.filter { fields[$0].isNamed("host") }
    if lengths.count + codings.count > 1 { return "two framings" }
    if hosts.count > 1 || (hosts.isEmpty && minorVersion == 1) { return "\(hosts.count) hosts" }
    if hosts.first != hostIndex { return "another field for the Host" }
    switch framing {
    case .none: return lengths.isEmpty && codings.isEmpty && body.isEmpty ? nil : "framing overlooked"
    case .length(let length):
      guard lengths.count == 1, Int(String(decoding: lengths[0].value, as: UTF8.self)) == length else {
        return "another length"
      }
      return body.count == length || (body.count < length && !isComplete) ? nil : "a body of another length"
    case .chunked: return codings.count == 1 && minorVersion == 1 ? nil : "chunks that nobody announced"
    }
  }
}

extension Transcript.Field {
  fileprivate func isNamed(_ name: String) -> Bool {
    String(decoding: self.name, as: UTF8.self).lowercased() == name
  }

  var isSound: Bool {
    let blanks: [UInt8] = [0x20, 0x09]
    guard !name.isEmpty, name.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }),
      value.allSatisfy({ ($0 >= 0x20 || $0 == 0x09) && $0 != 0x7F })
    else { return false }
    return !blanks.contains(value.first ?? 0) && !blanks.contains(value.last ?? 0)
  }
}
