internal import Formats

/// What of a body one page shows.
struct BodyPart: Sendable {
  /// Of text and of indented JSON: six times as much as HTML where all of it is quotation marks, and so below the
  /// 300,000 bytes of a page.
  static let textBytesMax = 32 << 10
  /// A line of hex is five to ten times what it shows.
  static let hexBytesMax = 16 << 10
  /// On the page of a delivery, where there is more to be seen.
  static let previewBytesMax = 8 << 10

  let form: BodyForm
  /// In the form, in UTF-8 or what should have been.
  let shown: [UInt8]
  /// Where it begins and of how many bytes it is a part: of the body, or of the indented text.
  let offset: Int
  let total: Int
  private let bytesMax: Int

  /// Where the part behind begins; nil where there is none.
  var next: Int? { total - offset > bytesMax ? offset + bytesMax : nil }
  /// Where the part before begins.
  var previous: Int? { offset > 0 ? max(offset - bytesMax, 0) : nil }
  var end: Int { min(offset + bytesMax, total) }
  var isWhole: Bool { offset == 0 && next == nil }

  private init(_ form: BodyForm, _ shown: [UInt8], offset: Int, total: Int, bytesMax: Int) {
    self.form = form
    self.shown = shown
    (self.offset, self.total, self.bytesMax) = (offset, total, bytesMax)
  }

  /// - Parameter bytes: of the body, from `offset` on.
  init(text bytes: [UInt8], from offset: Int, total: Int, bytesMax: Int = textBytesMax) {
    self.init(
      .text, Self.whole(bytes, isFirst: offset == 0, bytesMax), offset: offset, total: total,
      bytesMax: bytesMax)
  }

  init(hex bytes: [UInt8], from offset: Int, total: Int, bytesMax: Int = hexBytesMax) {
    let lines = HexLines.bytes(bytes.prefix(bytesMax), from: offset)
    self.init(.hex, lines, offset: offset, total: total, bytesMax: bytesMax)
  }

  /// Nil where it is no JSON.
  ///
  /// - Parameter body: all of it.
  init?(json body: [UInt8], from offset: Int, bytesMax: Int = textBytesMax) {
    guard let text = IndentedJSON(body, from: offset, bytesMax: bytesMax + Self.tailMax) else { return nil }
    self.init(
      .json, Self.whole(text.bytes, isFirst: offset <= 0, bytesMax), offset: max(offset, 0),
      total: text.bytesTotal, bytesMax: bytesMax)
  }

  /// Bytes of a UTF-8 sequence behind its first.
  private static let tailMax = 3

  /// A character belongs to the part in which it begins.
  private static func whole(_ bytes: [UInt8], isFirst: Bool, _ bytesMax: Int) -> [UInt8] {
    let begin = isFirst ? 0 : tail(bytes, at: 0)
    let end = min(bytesMax, bytes.count)
    return Array(bytes[min(begin, end)..<(end + tail(bytes, at: end))])
  }

  private static func tail(_ bytes: [UInt8], at place: Int) -> Int {
    bytes[place...].prefix(tailMax).prefix { $0 & 0xC0 == 0x80 }.count
  }

  /// Where a part of hex may begin.
  static func hexOffset(_ offset: Int) -> Int { offset / HexLines.lineBytes * HexLines.lineBytes }
}
