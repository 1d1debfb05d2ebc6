internal import Formats

extension InspectorRequest {
  /// Parts of a path; no page has more than four.
  static let segmentsMax = 8

  /// Takes a message apart.
  ///
  /// - Throws: what is wrong with it, for whoever sent it.
  init(_ message: InspectorMessage) throws(InspectorRefusal) {
    method = message.isPost ? .post : .get
    let target = Array(message.target.utf8)
    // Neither a proxy's whole URL nor a `*` (RFC 9112, 3.2).
    guard target.first == UInt8(ascii: "/") else {
      throw Self.malformed("An address here begins with a slash.")
    }
    let end = target.firstIndex(of: UInt8(ascii: "?")) ?? target.count
    segments = try Self.segments(target[1..<end])
    query = try InspectorFields(form: target[end...].dropFirst())
    guard method == .post else { return }
    form = try Self.form(message)
  }

  private static func segments(_ path: ArraySlice<UInt8>) throws(InspectorRefusal) -> [String] {
    var parts = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    while parts.last?.isEmpty ?? false { parts.removeLast() }
    guard parts.count <= segmentsMax else { throw malformed("There are no addresses of so many parts.") }
    var segments: [String] = []
    for part in parts {
      guard let text = PercentCoding.text(part, plusIsBlank: false) else {
        throw malformed("The address is not UTF-8 with %XX.")
      }
      segments.append(text)
    }
    return segments
  }

  private static func form(_ message: InspectorMessage) throws(InspectorRefusal) -> InspectorFields {
    guard !message.isBodyCut else {
      throw InspectorRefusal(
        status: 413, reason: "form-bytes",
        sentence: "A form has at most \(InspectorMessage.formBytesMax) bytes here.", endsConnection: true)
    }
    let type = message.single("content-type")?.prefix { $0 != ";" }.lowercased()
    guard message.body.isEmpty || type == "application/x-www-form-urlencoded" else {
      throw InspectorRefusal(
        status: 415, reason: "form-type", sentence: "Only application/x-www-form-urlencoded is taken.")
    }
    return try InspectorFields(form: message.body[...])
  }

  fileprivate static func malformed(_ sentence: String) -> InspectorRefusal {
    InspectorRefusal(status: 400, reason: "malformed", sentence: sentence)
  }
}

extension InspectorFields {
  /// `application/x-www-form-urlencoded` (WHATWG URL, 5.1), but that what is wrong in it is refused.
  init(form bytes: ArraySlice<UInt8>) throws(InspectorRefusal) {
    var fields: [Field] = []
    for part in bytes.split(separator: UInt8(ascii: "&")) {
      guard fields.count < Self.countMax else {
        throw InspectorRequest.malformed("There are more than \(Self.countMax) fields.")
      }
      let end = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
      let name = PercentCoding.text(part[..<end], plusIsBlank: true)
      let value = PercentCoding.text(part[end...].dropFirst(), plusIsBlank: true)
      guard let name, let value else {
        throw InspectorRequest.malformed("A field is not UTF-8 with %XX.")
      }
      fields.append(Field(name: name, value: value))
    }
    self.init(fields)
  }
}

/// RFC 3986, 2.1.
enum PercentCoding {
  /// Nil where a `%` has no two digits behind it, or where no UTF-8 comes of it.
  static func text(_ coded: ArraySlice<UInt8>, plusIsBlank: Bool) -> String? {
    var bytes: [UInt8] = []
    var index = coded.startIndex
    while index < coded.endIndex {
      let byte = coded[index]
      if byte == UInt8(ascii: "%") {
        guard index + 2 < coded.endIndex, let high = Hex.value(of: coded[index + 1]),
          let low = Hex.value(of: coded[index + 2])
        else { return nil }
        bytes.append(high << 4 | low)
        index += 3
      } else {
        bytes.append(plusIsBlank && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        index += 1
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
