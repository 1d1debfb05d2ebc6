internal import Formats
internal import HTTP
internal import Signing

/// Whether a body is a whole body and nothing but one.
///
/// A captured delivery whose timestamp is moved into the body has the same HMAC under a layout that signs the
/// body alone, and so it goes with any text that a sender signs around its body. So a match under another
/// layout counts only where the body could not hold such a part.
enum Boundary {
  enum Soundness {
    case sound
    /// It begins like something that senders sign before a body.
    case moved
    /// Nobody can tell.
    case unclear
  }

  static func judge(_ body: [UInt8], signed: SignedTemplate, jsonBytesMax: Int) -> Soundness {
    guard let first = body.first else { return .unclear }
    // A timestamp or its end, or the separator behind it.
    if first.isASCIIDigit || separators.contains(first) || first <= 0x20 { return .moved }
    let head = body.prefix(SignedValue.idBytesMax + 24)
    if beginsWithVersion(head) || beginsWithIDAndTimestamp(head) { return .moved }
    let isWhole =
      switch first {
      case UInt8(ascii: "{"), UInt8(ascii: "["): isJSON(body, bytesMax: jsonBytesMax)
      case UInt8(ascii: "<"): lastMark(body) == UInt8(ascii: ">")
      // Of a form nobody can tell where it ends.
      default: signed.contains(.timestamp) && isForm(head)
      }
    return isWhole ? .sound : .unclear
  }

  private static let separators = Array(".:|,;-_".utf8)

  /// `v0:17`, `v1.17`
  private static func beginsWithVersion(_ body: ArraySlice<UInt8>) -> Bool {
    guard body.first == UInt8(ascii: "v") else { return false }
    let digits = body.dropFirst().prefix { $0.isASCIIDigit }
    let rest = body.dropFirst(1 + digits.count)
    guard !digits.isEmpty, let mark = rest.first, separators.contains(mark) else { return false }
    return rest.dropFirst().first?.isASCIIDigit == true
  }

  /// `msg_1.1781519012`, `msg_1.2026-11-21T20:00:00Z`
  private static func beginsWithIDAndTimestamp(_ body: ArraySlice<UInt8>) -> Bool {
    let marks = Array(".:".utf8)
    guard let index = body.firstIndex(where: marks.contains) else { return false }
    guard body[..<index].withUnsafeBytes({ SignedValue.isID($0) }) else { return false }
    return body[(index + 1)...].prefix { $0.isASCIIDigit }.count >= 4
  }

  private static func isJSON(_ body: [UInt8], bytesMax: Int) -> Bool {
    if body.count <= bytesMax { return JSON.read(body) != nil }
    let wanted = body.first == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: "]")
    return lastMark(body) == wanted
  }

  private static func lastMark(_ body: [UInt8]) -> UInt8? { body.last { $0 > 0x20 } }

  /// `name=`
  private static func isForm(_ head: ArraySlice<UInt8>) -> Bool {
    let name = head.prefix { $0 != UInt8(ascii: "=") }
    return !name.isEmpty && name.count < head.count && name.allSatisfy { $0.isTokenCharacter }
  }
}
