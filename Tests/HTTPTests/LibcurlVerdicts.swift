import TestSupport
import Testing

/// What libcurl's own HTTP client makes of an answer, and what we make of it. An app that worked behind it goes on
/// working: where we refuse what it reads, the row says why.
///
/// The verdicts are those of libcurl 7.88.1, each asked with `curl --http1.1 -d hello` of an upstream that sends
/// the bytes of the row: the body where it calls the answer a success within 1.5 s.
struct LibcurlVerdict: Sendable, CustomTestStringConvertible {
  var name: String
  var answer: String
  var endsHere: Bool
  /// The body that libcurl reads; nil where it fails.
  var libcurl: String?
  /// Why we do not read what libcurl does.
  var refusedFor: String?

  init(
    _ name: String, _ answer: String, endsHere: Bool = false, libcurl: String?, refusedFor: String? = nil
  ) {
    self.name = name
    self.answer = answer
    self.endsHere = endsHere
    self.libcurl = libcurl
    self.refusedFor = refusedFor
  }

  var testDescription: String { name }

  private static let ok = "HTTP/1.1 200 OK\r\n"
  private static let chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"

  static let all: [LibcurlVerdict] = [
    .init("bare LF everywhere", "HTTP/1.1 200 OK\nContent-Length: 2\n\nab", libcurl: "ab"),
    .init("bare LF after the status line", "HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nab", libcurl: "ab"),
    .init("bare LF after a field", "\(ok)X: y\nContent-Length: 2\r\n\r\nab", libcurl: "ab"),
    .init("bare LF ends the head", "\(ok)Content-Length: 2\r\n\nab", libcurl: "ab"),
    .init("no reason", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab"),
    .init("blank for a reason", "HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nab", libcurl: "ab"),
    .init("HTTP/1.0 length", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab"),
    .init("HTTP/1.2", "HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nab", libcurl: nil),
    .init("HTTP/1.9", "HTTP/1.9 200 OK\r\nContent-Length: 2\r\n\r\nab", libcurl: nil),
    .init(
      "HTTP/2.0", "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab", refusedFor: "no HTTP/1"),
    .init("HTTP/2", "HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab", refusedFor: "no HTTP/1"),
    .init(
      "status 600", "HTTP/1.1 600 OK\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab", refusedFor: "no status"),
    .init(
      "status 999", "HTTP/1.1 999 OK\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab", refusedFor: "no status"),
    .init("status 099", "HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nab", libcurl: nil),
    .init(
      "two blanks before status", "HTTP/1.1  200 OK\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab",
      refusedFor: "the line has another form"),
    .init("tab before status", "HTTP/1.1\t200 OK\r\nContent-Length: 2\r\n\r\nab", libcurl: nil),
    .init(
      "status glued", "HTTP/1.1 200OK\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab",
      refusedFor: "the line has another form"),
    .init("four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\nab", libcurl: nil),
    .init(
      "lower case", "http/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab",
      refusedFor: "the line has another form"),
    .init("empty line first", "\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", libcurl: nil),
    .init("ESC in the reason", "HTTP/1.1 200 a\u{1B}b\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab"),
    .init(
      "CR in the reason", "HTTP/1.1 200 a\rb\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab",
      refusedFor: "CR ends a line for some"),
    .init("NUL in the reason", "HTTP/1.1 200 a\0b\r\nContent-Length: 2\r\n\r\nab", libcurl: nil),
    .init("NUL in a value", "\(ok)X: a\0b\r\nContent-Length: 2\r\n\r\nab", libcurl: nil),
    .init("folded with a blank", "\(ok)X: a\r\n b\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab"),
    .init("folded with a tab", "\(ok)X: a\r\n\tb\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab"),
    .init("fold before first", "\(ok) X: a\r\nContent-Length: 2\r\n\r\nab", libcurl: nil),
    .init("fold of blanks alone", "\(ok)X: a\r\n  \r\nContent-Length: 2\r\n\r\nab", libcurl: "ab"),
    .init("folded length", "\(ok)Content-Length:\r\n 2\r\n\r\nab", libcurl: nil),
    .init(
      "length goes on in fold", "\(ok)Content-Length: 1\r\n 2\r\n\r\nab", libcurl: "a",
      refusedFor: "another length for those who unfold"),
    .init("folded coding", "\(ok)Transfer-Encoding:\r\n chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", libcurl: nil),
    .init("no colon", "\(ok)nonsense\r\nContent-Length: 2\r\n\r\nab", libcurl: nil),
    .init("empty name", "\(ok): b\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab", refusedFor: "no name"),
    .init(
      "blank before colon", "\(ok)X : b\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab",
      refusedFor: "another name for some"),
    .init("blank before length's colon", "\(ok)Content-Length : 2\r\n\r\nab", libcurl: nil),
    .init(
      "ESC in a value", "\(ok)X: a\u{1B}b\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab",
      refusedFor: "would go on to the sender"),
    .init(
      "CR in a value", "\(ok)X: a\rb\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab",
      refusedFor: "CR ends a line for some"),
    .init(
      "CR CR LF after value", "\(ok)X: a\r\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab",
      refusedFor: "CR ends a line for some"),
    .init(
      "bracket in name", "\(ok)X[0]: a\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab", refusedFor: "no name"),
    .init("length twice alike", "\(ok)Content-Length: 2\r\nContent-Length: 2\r\n\r\nab", libcurl: "ab"),
    .init(
      "length twice different", "\(ok)Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc", libcurl: "abc",
      refusedFor: "two lengths"),
    .init(
      "length list", "\(ok)Content-Length: 2, 2\r\n\r\nab", libcurl: "ab", refusedFor: "a length for some"),
    .init("length +2", "\(ok)Content-Length: +2\r\n\r\nab", libcurl: "ab", refusedFor: "a length for some"),
    .init("length 02", "\(ok)Content-Length: 02\r\n\r\nab", libcurl: "ab"),
    .init("length tab", "\(ok)Content-Length:\t2\t\r\n\r\nab", libcurl: "ab"),
    .init("length empty", "\(ok)Content-Length:\r\n\r\nab", libcurl: nil),
    .init("length hex", "\(ok)Content-Length: 0x2\r\n\r\nab", libcurl: "", refusedFor: "a length for some"),
    .init("length -2", "\(ok)Content-Length: -2\r\n\r\nab", libcurl: nil),
    .init(
      "length and chunked",
      "\(ok)Content-Length: 12\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", libcurl: "ab",
      refusedFor: "two ends"),
    .init(
      "chunked twice",
      "\(ok)Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
      libcurl: "ab", refusedFor: "encoded twice for some"),
    .init("identity", "\(ok)Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nab", libcurl: nil),
    .init("gzip, chunked", "\(ok)Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", libcurl: nil),
    .init(
      "chunked,", "\(ok)Transfer-Encoding: chunked,\r\n\r\n2\r\nab\r\n0\r\n\r\n", libcurl: "ab",
      refusedFor: "a list"),
    .init(
      "chunked in 1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
      libcurl: "ab"),
    .init("blank behind a size", "\(chunked)2 \r\nab\r\n0 \r\n\r\n", libcurl: "ab"),
    .init("padded with blanks", "\(chunked)2       \r\nab\r\n0       \r\n\r\n", libcurl: "ab"),
    .init("tab behind a size", "\(chunked)2\t\r\nab\r\n0\r\n\r\n", libcurl: "ab"),
    .init("blank before a size", "\(chunked) 2\r\nab\r\n0\r\n\r\n", libcurl: nil),
    .init("blank before semicolon", "\(chunked)2 ;a=b\r\nab\r\n0\r\n\r\n", libcurl: "ab"),
    .init("blank behind semicolon", "\(chunked)2; a=b\r\nab\r\n0\r\n\r\n", libcurl: "ab"),
    .init("extension with blanks", "\(chunked)2;a = b c\r\nab\r\n0\r\n\r\n", libcurl: "ab"),
    .init("semicolon alone", "\(chunked)2;\r\nab\r\n0\r\n\r\n", libcurl: "ab"),
    .init(
      "junk behind size", "\(chunked)2 junk\r\nab\r\n0\r\n\r\n", libcurl: "ab", refusedFor: "no extension"),
    .init(
      "junk x behind size", "\(chunked)2xyz\r\nab\r\n0\r\n\r\n", libcurl: "ab",
      refusedFor: "another size for some"),
    .init("LF after size", "\(chunked)2\nab\r\n0\r\n\r\n", libcurl: "ab"),
    .init("LF after data", "\(chunked)2\r\nab\n0\r\n\r\n", libcurl: "ab"),
    .init("LF everywhere chunks", "\(chunked)2\nab\n0\n\n", libcurl: "ab"),
    .init(
      "LF ends ext", "\(chunked)2;a\nab\r\n0\r\n\r\n", libcurl: "ab",
      refusedFor: "an extension that goes on for some"),
    .init(
      "CR in size line", "\(chunked)2\rx\r\nab\r\n0\r\n\r\n", libcurl: "ab",
      refusedFor: "CR ends a line for some"),
    .init(
      "CR CR LF after data", "\(chunked)2\r\nab\r\r\n0\r\n\r\n", libcurl: "ab",
      refusedFor: "CR ends a line for some"),
    .init("no CRLF after data", "\(chunked)2\r\nab0\r\n\r\n", libcurl: nil),
    .init("size 0x2", "\(chunked)0x2\r\nab\r\n0\r\n\r\n", libcurl: nil),
    .init("17 digits", "\(chunked)00000000000000002\r\nab\r\n0\r\n\r\n", libcurl: nil),
    .init("16 digits", "\(chunked)0000000000000002\r\nab\r\n0\r\n\r\n", libcurl: "ab"),
    .init("trailer", "\(chunked)2\r\nab\r\n0\r\nX: y\r\n\r\n", libcurl: "ab"),
    .init("trailer LF", "\(chunked)2\r\nab\r\n0\r\nX: y\n\n", libcurl: "ab"),
    .init("trailer no colon", "\(chunked)2\r\nab\r\n0\r\nnonsense\r\n\r\n", libcurl: nil),
    .init("trailer folded", "\(chunked)2\r\nab\r\n0\r\nX: y\r\n z\r\n\r\n", libcurl: "ab"),
    .init(
      "trailer fold first", "\(chunked)2\r\nab\r\n0\r\n z\r\n\r\n", libcurl: "ab",
      refusedFor: "a field without a name"),
    .init("LF after last size then CRLF", "\(chunked)2\r\nab\r\n0\n\r\n", libcurl: "ab"),
    .init("no final CRLF then end", "\(chunked)2\r\nab\r\n0\r\n", endsHere: true, libcurl: nil),
    .init("no final LF then end", "\(chunked)2\r\nab\r\n0\r\n\r", endsHere: true, libcurl: "ab"),
    .init("cut in chunk", "\(chunked)3\r\nab", endsHere: true, libcurl: nil),
    .init("cut after chunk", "\(chunked)2\r\nab\r\n", endsHere: true, libcurl: nil),
    .init("cut in length", "\(ok)Content-Length: 3\r\n\r\nab", endsHere: true, libcurl: nil),
    .init("cut in head", "\(ok)X: y\r\n", endsHere: true, libcurl: "", refusedFor: "a head that breaks off"),
    .init("cut in 100", "HTTP/1.1 100 Continue\r\n\r\n", endsHere: true, libcurl: nil),
    .init("close-delimited", "\(ok)\r\nab", endsHere: true, libcurl: "ab"),
    .init("close-delimited 1.0", "HTTP/1.0 200 OK\r\n\r\nab", endsHere: true, libcurl: "ab"),
    .init(
      "1xx",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
      libcurl: "ab"),
    .init(
      "1xx with length",
      "HTTP/1.1 103 Hints\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
      libcurl: "ab"),
    .init("101", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", libcurl: nil),
    .init("204 with length", "HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\n", libcurl: ""),
    .init("304 with length", "HTTP/1.1 304 No\r\nContent-Length: 2\r\n\r\n", libcurl: ""),
    .init("204 chunked", "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n", libcurl: ""),
    .init("205 without length", "HTTP/1.1 205 Reset\r\n\r\n", endsHere: true, libcurl: ""),
  ]
}

@Suite struct LibcurlVerdictTests {
  @Test(arguments: LibcurlVerdict.all)
  func `an answer that libcurl reads is read alike, or refused for a reason`(_ row: LibcurlVerdict) {
    let bytes = row.answer.unicodeScalars.map { UInt8($0.value) }
    for pieces in [[bytes], bytes.singleBytes] {
      let ours = ResponseTranscript(ofPieces: pieces)
      let isWhole = ours.fault == nil && (ours.isComplete || (row.endsHere && ours.mayEndHere))
      if row.refusedFor != nil || row.libcurl == nil {
        #expect(!isWhole, "\(ours)")
      } else {
        #expect(isWhole, "\(ours)")
        #expect(ours.bodyText == row.libcurl)
        #expect(ours.surplus == 0)
      }
    }
  }

  @Test func `no row gives a reason for what libcurl refuses too`() {
    #expect(LibcurlVerdict.all.allSatisfy { $0.libcurl != nil || $0.refusedFor == nil })
    #expect(Set(LibcurlVerdict.all.map(\.name)).count == LibcurlVerdict.all.count)
  }
}
