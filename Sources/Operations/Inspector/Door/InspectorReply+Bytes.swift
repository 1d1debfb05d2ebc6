internal import Formats

/// A reply as it goes over the wire.
struct InspectorBytes: Sendable {
  var status: Int
  var fields: [(name: String, value: String)]
  var body: [UInt8]
}

extension InspectorReply {
  /// What every answer says. Nothing but our own style sheet is loaded, no script at all; forms go nowhere else, nobody
  /// frames a page, and no page is kept.
  ///
  /// `same-origin` and not `no-referrer`: with that a browser says `Origin: null` where one of our forms is sent, and
  /// over plain HTTP to a name of the network there is nothing else to tell it from a foreign one.
  private static let always: [(name: String, value: String)] = [
    (
      "Content-Security-Policy",
      "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
  ]

  /// - Parameter isLasting: whether what is at this address never changes: its version is a part of it.
  func bytes(isLasting: Bool = false) -> InspectorBytes {
    var fields = Self.always
    var body: [UInt8] = []
    switch content {
    case .page(let page):
      fields.append(("Content-Type", "text/html; charset=utf-8"))
      body = page.bytes
    case .style(let text):
      fields.append(("Content-Type", "text/css; charset=utf-8"))
      body = Array(text.utf8)
    case .text(let text):
      fields.append(("Content-Type", "text/plain; charset=utf-8"))
      body = Array(text.utf8)
    case .download(let bytes, let name):
      fields.append(("Content-Type", "application/octet-stream"))
      fields.append(("Content-Disposition", "attachment; filename=\"\(Self.fileName(name))\""))
      body = bytes
    case .none: break
    }
    fields.append(("Cache-Control", isLasting ? "private, max-age=31536000, immutable" : "no-store"))
    if let location { fields.append(("Location", location.text)) }
    if let cookie { fields.append(("Set-Cookie", cookie)) }
    if let allow { fields.append(("Allow", allow)) }
    if let challenge { fields.append(("WWW-Authenticate", challenge)) }
    fields.append(("Content-Length", "\(body.count)"))
    return InspectorBytes(status: status, fields: fields, body: body)
  }

  /// Only what the type promises goes into the field, whatever a sender called his delivery.
  private static func fileName(_ name: String) -> String {
    let safe = name.utf8.prefix(128).map { byte in
      byte.isASCIILetter || byte.isASCIIDigit || "-.".utf8.contains(byte) ? byte : UInt8(ascii: "-")
    }
    return String(decoding: safe, as: UTF8.self)
  }

  /// In plain text: who is refused shall not be asked to load a style sheet that he would not get.
  static func refused(_ refusal: InspectorRefusal) -> InspectorReply {
    InspectorReply(status: refusal.status, content: .text(refusal.sentence + "\n"))
  }
}
