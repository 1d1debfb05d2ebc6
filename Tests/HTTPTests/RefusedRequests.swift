import HTTP
import Testing

/// Bytes that must be refused, and with which words.
struct RefusedRequest: Sendable, CustomTestStringConvertible {
  var name: String
  var bytes: [UInt8]
  var rejection: RequestFault

  init(_ name: String, _ bytes: [UInt8], _ rejection: RequestFault) {
    self.name = name
    self.bytes = bytes
    self.rejection = rejection
  }

  init(_ name: String, _ text: String, _ rejection: RequestFault) {
    self.init(name, Array(text.utf8), rejection)
  }

  var testDescription: String { name }

  static let all = requestLines + versions + headerLines + hosts + lengths + codings + chunks + others
}

/// A request line with a Host after it.
private func line(_ text: String) -> String { "\(text)\r\nHost: a\r\n\r\n" }

/// A GET with these further header bytes.
private func head(_ text: String) -> String { "GET / HTTP/1.1\r\nHost: a\r\n\(text)\r\n\r\n" }

private func head(_ bytes: [UInt8]) -> [UInt8] {
  Array("GET / HTTP/1.1\r\nHost: a\r\n".utf8) + bytes + Array("\r\n\r\n".utf8)
}

private func host(_ value: String) -> String { "GET / HTTP/1.1\r\nHost: \(value)\r\n\r\n" }

extension RefusedRequest {
  static let noMethod = RequestFault.malformed("the request does not begin with a method")
  private static let badMethod = RequestFault.malformed("the method is not a token followed by a space")
  private static let notOrigin = RequestFault.malformed("the request target is not in origin form")
  private static let notThreeParts = RequestFault.malformed(
    "the request line is not three parts with one space between them")
  private static let badTarget = RequestFault.malformed("a forbidden byte in the request target")
  private static let noVersion = RequestFault.malformed("the request line has no version")
  private static let badVersion = RequestFault.malformed("the request line does not end in an HTTP version")
  private static let lineLF = RequestFault.malformed("bare LF in the request line")
  private static let lineCR = RequestFault.malformed("bare CR in the request line")

  static let requestLines: [RefusedRequest] = [
    .init(
      "a TLS hello", [0x16, 0x03, 0x01, 0x02, 0x00],
      .malformed(
        "a TLS handshake where plain HTTP is spoken: end TLS at the front, and let it send http:// to this address"
      )),
    .init(
      "two empty lines and a NUL", "\r\n\r\n\0\r\nQUIT\n",
      .malformed(
        """
        a PROXY protocol preamble, not spoken here: switch it off at the front (send-proxy, proxy_protocol) \
        and let it send X-Forwarded-For
        """)),
    .init("a NUL", [0], noMethod),
    .init("a byte above ASCII", [0xFF], noMethod),
    .init("a space before the method", line(" GET / HTTP/1.1"), noMethod),
    .init("a tab before the method", line("\tGET / HTTP/1.1"), noMethod),
    .init("a bare LF before the method", "\n" + line("GET / HTTP/1.1"), lineLF),
    .init(
      "a bare CR before the method", "\r" + line("GET / HTTP/1.1"),
      .malformed("bare CR before the request line")),
    .init(
      "two empty lines", "\r\n\r\n" + line("GET / HTTP/1.1"),
      .malformed("more than one empty line before the request line")),
    .init("CR CR LF", "\r\r\n" + line("GET / HTTP/1.1"), .malformed("bare CR before the request line")),
    .init("a method with a slash", line("GE/T / HTTP/1.1"), badMethod),
    .init("a method with a colon", line("Host: a"), badMethod),
    .init("a tab after the method", line("GET\t/ HTTP/1.1"), badMethod),
    .init("a method alone", "GET\r\n\r\n", badMethod),
    .init("a method above ASCII", Array("GÉT / HTTP/1.1\r\n".utf8), badMethod),
    .init(
      "a method of 33", line(String(repeating: "A", count: 33) + " / HTTP/1.1"),
      .malformed("the method is too long")),
    .init("two spaces after the method", line("GET  / HTTP/1.1"), notThreeParts),
    .init("no target", "GET \r\n\r\n", notThreeParts),
    .init("no target but a version", line("GET HTTP/1.1"), notOrigin),
    .init("absolute form", line("GET http://b.example/ HTTP/1.1"), notOrigin),
    .init("absolute form of https", line("POST https://b.example/x HTTP/1.1"), notOrigin),
    .init("CONNECT", line("CONNECT b.example:443 HTTP/1.1"), notOrigin),
    .init("an asterisk", line("OPTIONS * HTTP/1.1"), notOrigin),
    .init("a relative target", line("GET x HTTP/1.1"), notOrigin),
    .init("a query alone", line("GET ?x HTTP/1.1"), notOrigin),
    .init("a backslash first", line("GET \\x HTTP/1.1"), notOrigin),
    .init("a backslash in the path", line("GET /a\\b HTTP/1.1"), .malformed("a backslash in the path")),
    .init("a fragment", line("GET /a#b HTTP/1.1"), .malformed("a fragment in the request target")),
    .init(
      "a fragment in the query", line("GET /?a#b HTTP/1.1"), .malformed("a fragment in the request target")),
    .init("a NUL in the target", line("GET /a\0b HTTP/1.1"), badTarget),
    .init("a tab in the target", line("GET /a\tb HTTP/1.1"), badTarget),
    .init("DEL in the target", line("GET /a\u{7F} HTTP/1.1"), badTarget),
    .init("UTF-8 in the target", line("GET /é HTTP/1.1"), badTarget),
    .init(
      "a byte above ASCII in the query", Array("GET /?".utf8) + [0x80] + Array(" HTTP/1.1\r\n".utf8),
      badTarget),
    .init("a space in the target", line("GET /a b HTTP/1.1"), badVersion),
    .init("two spaces before the version", line("GET /  HTTP/1.1"), badVersion),
    .init("a space after the version", line("GET / HTTP/1.1 "), badVersion),
    .init("bytes after the version", line("GET / HTTP/1.1x"), badVersion),
    .init("a bare LF after the version", "GET / HTTP/1.1\nHost: a\r\n\r\n", lineLF),
    .init("a bare LF after the target", "GET /\nHost: a\r\n\r\n", lineLF),
    .init("a bare LF after the method", "GET\n/ HTTP/1.1\r\n\r\n", lineLF),
    .init("a bare CR after the version", "GET / HTTP/1.1\rHost: a\r\n\r\n", lineCR),
    .init("CR CR LF after the version", "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", lineCR),
    .init("a CR in the target", "GET /\rx HTTP/1.1\r\n\r\n", noVersion),
  ]

  static let versions: [RefusedRequest] = [
    .init("HTTP/0.9", "GET /\r\n", noVersion),
    .init("HTTP/0.9 spelled out", line("GET / HTTP/0.9"), .versionNotSupported),
    .init("HTTP/1.2", line("GET / HTTP/1.2"), .versionNotSupported),
    .init("HTTP/2.0", line("GET / HTTP/2.0"), .versionNotSupported),
    .init("HTTP/3.1", line("GET / HTTP/3.1"), .versionNotSupported),
    .init("HTTP/9.9", line("GET / HTTP/9.9"), .versionNotSupported),
    .init("HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .versionNotSupported),
    .init("HTTP/2", line("GET / HTTP/2"), badVersion),
    .init("HTTP/1", line("GET / HTTP/1"), badVersion),
    .init("HTTP/1.10", line("GET / HTTP/1.10"), badVersion),
    .init("HTTP/01.1", line("GET / HTTP/01.1"), badVersion),
    .init("HTTP/1,1", line("GET / HTTP/1,1"), badVersion),
    .init("http/1.1", line("GET / http/1.1"), badVersion),
    .init("Http/1.1", line("GET / Http/1.1"), badVersion),
    .init("HTTPS/1.1", line("GET / HTTPS/1.1"), badVersion),
    .init("HTTP /1.1", line("GET / HTTP /1.1"), badVersion),
    .init("HTTP/ 1.1", line("GET / HTTP/ 1.1"), badVersion),
    .init("HTTP/1.", line("GET / HTTP/1."), badVersion),
    .init("HTTP/-1.1", line("GET / HTTP/-1.1"), badVersion),
    .init("ICY", line("GET / ICY"), badVersion),
  ]

  static let folded = RequestFault.malformed("a folded header line")
  static let blank = RequestFault.malformed("a blank in or after a header name")
  static let noColon = RequestFault.malformed("a header line without a colon")
  private static let noToken = RequestFault.malformed("a header name that is no token")
  static let control = RequestFault.malformed("a control character in a header value")
  static let fieldLF = RequestFault.malformed("bare LF in the header section")
  static let fieldCR = RequestFault.malformed("bare CR in the header section")

  static let headerLines: [RefusedRequest] = [
    .init("a folded line", head("X: a\r\n b"), folded),
    .init("a line folded with a tab", head("X: a\r\n\tb"), folded),
    .init("a blank before the first header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", folded),
    .init("a line of blanks", head("X: a\r\n  "), folded),
    .init("a space before the colon", head("X : a"), blank),
    .init("a tab before the colon", head("X\t: a"), blank),
    .init("a space in a name", head("X Y: a"), blank),
    .init("Transfer-Encoding with a space before the colon", head("Transfer-Encoding : chunked"), blank),
    .init("no colon", head("Nonsense"), noColon),
    .init("no colon, bare LF", "GET / HTTP/1.1\r\nHost: a\r\nX\nY: z\r\n\r\n", noColon),
    .init("an empty name", head(": a"), .malformed("an empty header name")),
    .init("a name above ASCII", head("É: a"), noToken),
    .init(
      "a byte above ASCII before Transfer-Encoding", head([0xFF] + Array("Transfer-Encoding: chunked".utf8)),
      noToken),
    .init("a NUL in a name", head("X\0Y: a"), noToken),
    .init("a bracket in a name", head("X[0]: a"), noToken),
    .init("a quote in a name", head("\"X\": a"), noToken),
    .init("a slash in a name", head("X/Y: a"), noToken),
    .init("a control character in a name", head("X\u{0B}: a"), noToken),
    .init("a NUL in a value", head("X: a\0b"), control),
    .init("a vertical tab in a value", head("X: a\u{0B}b"), control),
    .init("a form feed in a value", head("X: \u{0C}"), control),
    .init("ESC in a value", head("X: \u{1B}[31m"), control),
    .init("DEL in a value", head("X: a\u{7F}"), control),
    .init("DEL far into a value", head("X: 0123456789abcdef\u{7F}0123456789abcdef"), control),
    .init("0x1F far into a value", head("X: 0123456789abcdef\u{1F}0123456789abcdef"), control),
    .init("a bare LF in a value", head("X: a\nY: b"), fieldLF),
    .init("a bare LF ends the head", "GET / HTTP/1.1\r\nHost: a\r\n\n", fieldLF),
    .init("LF LF ends the head", "GET / HTTP/1.1\r\nHost: a\n\n", fieldLF),
    .init("a bare CR in a value", head("X: a\rb"), fieldCR),
    .init("a bare CR ends the head", "GET / HTTP/1.1\r\nHost: a\r\n\rX", fieldCR),
    .init("CR CR LF after a value", head("X: a\r"), fieldCR),
  ]

  private static let badHost = RequestFault.malformed("an invalid Host")

  static let hosts: [RefusedRequest] = [
    .init("no Host", "GET / HTTP/1.1\r\n\r\n", .malformed("no Host")),
    .init("two Hosts", head("Host: b"), .malformed("more than one Host")),
    .init("two equal Hosts", head("host: a"), .malformed("more than one Host")),
    .init(
      "two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n",
      .malformed("more than one Host")),
    .init("an empty Host", host(""), badHost),
    .init("user information", host("u@a"), badHost),
    .init("user information and a path", host("u@h /x"), badHost),
    .init("a path", host("a/x"), badHost),
    .init("a space", host("a b"), badHost),
    .init("a list", host("a, b"), badHost),
    .init("a URL", host("http://a"), badHost),
    .init("an empty port", host("a:"), badHost),
    .init("a port of letters", host("a:http"), badHost),
    .init("a port of six digits", host("a:123456"), badHost),
    .init("two ports", host("a:80:80"), badHost),
    .init("a port alone", host(":80"), badHost),
    .init("an IPv6 address without brackets", host("::1"), badHost),
    .init("an open bracket", host("[::1"), badHost),
    .init("empty brackets", host("[]"), badHost),
    .init("a zone", host("[fe80::1%25eth0]"), badHost),
    .init("bytes after the bracket", host("[::1]x"), badHost),
    .init("a percent escape", host("a%2eb"), badHost),
    .init("UTF-8", host("bücher.example"), badHost),
    .init("a query", host("a?b"), badHost),
    .init("an invalid Host in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a/b\r\n\r\n", badHost),
  ]
}
