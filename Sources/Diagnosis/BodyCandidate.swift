internal import Formats

/// One form of the body that the sender may have signed.
struct BodyCandidate {
  enum Form: Equatable {
    case asSent
    case withLineFeed
    case withCarriageReturnAndLineFeed
    /// Without the line ends that it has.
    case withoutLineEnd
    case empty
    /// As this program would write the same JSON.
    case rewritten(String)
  }

  let form: Form
  let bytes: [UInt8]

  /// The body as it was sent comes first; no two are the same bytes.
  static func all(_ body: [UInt8], json: JSONValue?) -> [BodyCandidate] {
    var all = [BodyCandidate(form: .asSent, bytes: body)]
    func add(_ form: Form, _ bytes: [UInt8]) {
      guard !all.contains(where: { $0.bytes == bytes }) else { return }
      all.append(BodyCandidate(form: form, bytes: bytes))
    }
    add(.withLineFeed, body + [0x0A])
    add(.withCarriageReturnAndLineFeed, body + [0x0D, 0x0A])
    let end = body.lastIndex { $0 != 0x0A && $0 != 0x0D }.map { $0 + 1 } ?? 0
    add(.withoutLineEnd, Array(body[..<end]))
    if let json {
      for style in JSONStyle.all { add(.rewritten(style.name), style.write(json)) }
    }
    add(.empty, [])
    return all
  }
}
