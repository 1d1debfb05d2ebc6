internal import Formats

/// Where the bytes of a body come from.
struct BodySource: Sendable {
  enum Read: Sendable {
    /// As many as come at once, and of how many.
    case part([UInt8], total: Int)
    /// Why there are none, for people.
    case refused(String, status: Int)
  }

  /// From an offset on.
  let read: @Sendable (_ offset: Int) async -> Read

  init(_ read: @escaping @Sendable (_ offset: Int) async -> Read) { self.read = read }

  /// Of one that is in memory.
  init(_ body: [UInt8]) {
    read = { offset in .part(Array(body.dropFirst(max(offset, 0))), total: body.count) }
  }

  /// All of it; where it is more than that, its beginning.
  func whole(bytesMax: Int) async -> Read {
    var whole: [UInt8] = []
    while true {
      let read = await read(whole.count)
      guard case .part(let bytes, let total) = read else { return read }
      whole += bytes
      guard total <= bytesMax, !bytes.isEmpty, whole.count < total else {
        return .part(whole, total: total)
      }
    }
  }

  /// What of it a page shows.
  ///
  /// - Parameters:
  ///   - form: nil for JSON where it is some, and text where not.
  ///   - offset: bytes, of the body or of the indented text.
  ///   - textBytesMax: of the part, unless it is hex.
  func part(
    _ form: BodyForm?, from offset: Int, textBytesMax: Int = BodyPart.textBytesMax
  ) async -> Result<BodyPart, Refusal> {
    if form == .json || form == nil {
      switch await json(isAsked: form == .json, offset, textBytesMax) {
      case .failure(let refusal): return .failure(refusal)
      case .success(let part?): return .success(part)
      case .success(nil): break
      }
    }
    let offset = form == .hex ? BodyPart.hexOffset(offset) : offset
    switch await read(offset) {
    case .refused(let sentence, let status): return .failure(Refusal(sentence: sentence, status: status))
    case .part(let bytes, let total):
      return .success(
        form == .hex
          ? BodyPart(hex: bytes, from: offset, total: total)
          : BodyPart(text: bytes, from: offset, total: total, bytesMax: textBytesMax))
    }
  }

  struct Refusal: Error, Sendable {
    let sentence: String
    let status: Int
  }

  /// Nil where it is none, or more than is read as such.
  private func json(
    isAsked: Bool, _ offset: Int, _ bytesMax: Int
  ) async -> Result<BodyPart?, Refusal> {
    switch await read(0) {
    case .refused(let sentence, let status): return .failure(Refusal(sentence: sentence, status: status))
    case .part(let first, let total):
      guard total <= JSON.bytesMax, isAsked || Self.looksLikeJSON(first) else { return .success(nil) }
      guard first.count < total else {
        return .success(BodyPart(json: first, from: offset, bytesMax: bytesMax))
      }
      guard case .part(let all, _) = await whole(bytesMax: JSON.bytesMax) else { return .success(nil) }
      return .success(BodyPart(json: all, from: offset, bytesMax: bytesMax))
    }
  }

  /// A number alone is rather text.
  private static func looksLikeJSON(_ bytes: [UInt8]) -> Bool {
    let first = bytes.first { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }
    return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
  }
}
