/// What a browser gets.
struct InspectorReply: Sendable {
  enum Content: Sendable {
    case page(HTML)
    /// The style sheet.
    case style(String)
    /// Bytes that are only to be saved, under a name of ASCII letters, digits, `-` and `.`.
    case download([UInt8], name: String)
    /// A sentence for whoever gets no page.
    case text(String)
    /// Nothing but the way on.
    case none
  }

  var status = 200
  var content = Content.none
  /// Where to go on, with 303.
  var location: PageAddress?
  /// Of a login; the whole value of `Set-Cookie`.
  var cookie: String?
  /// With 405: what may be asked instead.
  var allow: String?
  /// With 401: how one gets in (RFC 9110, 11.6.1).
  var challenge: String?

  static func page(_ page: HTML, status: Int = 200) -> InspectorReply {
    InspectorReply(status: status, content: .page(page))
  }

  /// After a form was sent: what is shown then can be loaded again without harm (RFC 9110, 15.4.4).
  static func goOn(to address: PageAddress) -> InspectorReply {
    InspectorReply(status: 303, location: address)
  }
}
