@testable import Gateway

/// What holds of any head that an upstream may send, line by line as libcurl hands it over.
enum AnswerProperty {
  static func violation(_ input: [UInt8]) -> String? {
    var reader = AnswerReader(headerBytesMax: 1024)
    var taken = 0
    for line in lines(input) {
      do throws(ForwardFailure) {
        try line.withUnsafeBufferPointer { (line) throws(ForwardFailure) in
          try reader.take(UnsafeRawBufferPointer(line))
        }
      } catch {
        return nil
      }
      taken += line.count
      if taken > 1024 { return "more than its bound was read" }
    }
    return reader.answer.flatMap(violation)
  }

  private static func lines(_ input: [UInt8]) -> [[UInt8]] {
    var lines = input.parts(0x0A).map { $0 + [0x0A] }
    if lines.last?.count == 1 { lines.removeLast() }
    return lines
  }

  private static func violation(_ answer: Answer) -> String? {
    guard (200...599).contains(answer.status) else { return "a final answer of \(answer.status)" }
    guard answer.reason.isFreeOfLineEndsAndNUL else { return "a line end in the reason" }
    if let length = answer.contentLength, length < 0 { return "a length of \(length)" }
    let forbidden = [
      "connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "content-length",
      "transfer-encoding",
    ]
    for index in 0..<answer.headers.count {
      let (name, value) = answer.headers.withField(index) { (Array($0), Array($1)) }
      guard !name.isEmpty, name.allSatisfy(\.isTokenCharacter) else { return "a bad name" }
      guard value.isFreeOfLineEndsAndNUL, value == value.trimmed else { return "a bad value" }
      if forbidden.contains(name.lowercased.text) { return "\(name.text) goes back to the sender" }
    }
    return nil
  }
}
