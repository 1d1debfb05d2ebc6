internal import Formats

/// A JSON body, a line for each value. Strings, numbers and the order of members stay as the sender wrote them. Only a
/// part is written out, the rest is counted: a small body of lists in lists is a large text.
struct IndentedJSON {
  /// The part, in UTF-8.
  private(set) var bytes: [UInt8] = []
  /// Of the whole text.
  private(set) var bytesTotal = 0
  private let window: Range<Int>
  private var depth = 0

  /// - Parameters:
  ///   - offset: where the part begins, bytes of the indented text.
  ///   - bytesMax: of the part.
  /// - Returns: nil where it is no JSON as `JSON` reads it.
  init?(_ text: [UInt8], from offset: Int = 0, bytesMax: Int) {
    guard JSON.read(text) != nil else { return nil }
    let begin = max(offset, 0)
    let (end, isOver) = begin.addingReportingOverflow(bytesMax)
    window = begin..<(isOver ? .max : end)
    text.withUnsafeBufferPointer { write($0) }
  }

  /// What is read here has been read as JSON before.
  private mutating func write(_ text: UnsafeBufferPointer<UInt8>) {
    var index = 0
    while index < text.count {
      let byte = text[index]
      switch byte {
      case 0x20, 0x09, 0x0A, 0x0D: index += 1
      case UInt8(ascii: "{"), UInt8(ascii: "["): index = open(text, index)
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        endLine()
        put(text[index...index])
        index += 1
      case UInt8(ascii: ","):
        put(text[index...index])
        endLine()
        index += 1
      case UInt8(ascii: ":"):
        put([UInt8(ascii: ":"), 0x20])
        index += 1
      default:
        let end = byte == UInt8(ascii: "\"") ? Self.endOfString(text, index) : Self.endOfWord(text, index)
        put(text[index..<end])
        index = end
      }
    }
  }

  /// What is empty stays on its line.
  private mutating func open(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
    var next = index + 1
    while text[next] <= 0x20 { next += 1 }
    put(text[index...index])
    if text[next] == UInt8(ascii: "}") || text[next] == UInt8(ascii: "]") {
      put(text[next...next])
      return next + 1
    }
    depth += 1
    endLine()
    return next
  }

  /// Behind its closing mark.
  private static func endOfString(_ text: UnsafeBufferPointer<UInt8>, _ begin: Int) -> Int {
    var index = begin + 1
    while text[index] != UInt8(ascii: "\"") { index += text[index] == UInt8(ascii: "\\") ? 2 : 1 }
    return index + 1
  }

  /// Of a number, `true`, `false` or `null`.
  private static func endOfWord(_ text: UnsafeBufferPointer<UInt8>, _ begin: Int) -> Int {
    var index = begin
    while index < text.count, text[index] > 0x20, !",]}".utf8.contains(text[index]) { index += 1 }
    return index
  }

  private mutating func endLine() {
    put([0x0A])
    put(repeatElement(0x20, count: 2 * depth))
  }

  private mutating func put(_ more: some RandomAccessCollection<UInt8>) {
    let here = bytesTotal..<(bytesTotal + more.count)
    bytesTotal = here.upperBound
    let part = here.clamped(to: window)
    guard !part.isEmpty else { return }
    bytes += more.dropFirst(part.lowerBound - here.lowerBound).prefix(part.count)
  }
}
