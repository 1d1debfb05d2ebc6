import TestSupport

/// Answers that no two readers would read alike, or that break off: 502, one attempt, and the connection is
/// not used again.
enum UnsoundAnswers {
  static let all = head + fields + lengths + chunks + ends

  private static let ok = "HTTP/1.1 200 OK\r\n"
  private static let chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"
  private static func raw(_ text: String) -> UpstreamReply { .raw(text) }
  /// So that what is not refused at once would be taken as complete.
  private static func closing(_ text: String) -> UpstreamReply { UpstreamReply.raw(text).then(.close) }

  private static let head: [(String, UpstreamReply)] = [
    ("garbage", closing("\u{1}\u{2}\u{3}what is this\r\n\r\n")),
    ("tls-alert", closing("\u{15}\u{3}\u{1}\0\u{2}\u{2}\u{28}")),
    ("http-0.9", closing("<html>2xx</html>")),
    ("http-2", closing("HTTP/2 200\r\nContent-Length: 0\r\n\r\n")),
    ("http-3.0", closing("HTTP/3.0 200 OK\r\nContent-Length: 0\r\n\r\n")),
    ("http-1.10", closing("HTTP/1.10 200 OK\r\nContent-Length: 0\r\n\r\n")),
    ("icy", closing("ICY 200 OK\r\nContent-Length: 0\r\n\r\n")),
    ("lower-case", closing("http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")),
    ("no-version", closing("HTTP 200 OK\r\nContent-Length: 0\r\n\r\n")),
    ("no-status", closing("HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n")),
    ("two-digits", closing("HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n")),
    ("four-digits", closing("HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n")),
    ("status-099", closing("HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n")),
    ("status-600", closing("HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n")),
    ("negative-status", closing("HTTP/1.1 -20 OK\r\nContent-Length: 0\r\n\r\n")),
    ("status-glued", closing("HTTP/1.1 200OK\r\nContent-Length: 0\r\n\r\n")),
    ("two-spaces", closing("HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n")),
    ("tab", closing("HTTP/1.1\t200 OK\r\nContent-Length: 0\r\n\r\n")),
    ("empty-line-first", closing("\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")),
    ("blank-first", closing(" HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")),
    ("nul-in-status-line", closing("HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n")),
    ("switching", raw("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n")),
    ("interim-alone", closing("HTTP/1.1 100 Continue\r\n\r\n")),
    ("interim-flood", raw(String(repeating: "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n", count: 20_000))),
    ("continue-flood", raw(String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 20_000))),
    ("endless-status-line", raw("HTTP/1.1 200 " + String(repeating: "y", count: 1_048_576))),
  ]

  private static let fields: [(String, UpstreamReply)] = [
    ("fold-of-nothing", raw(ok + " X-A: b\r\nContent-Length: 0\r\n\r\n")),
    ("folded-length", raw(ok + "Content-Length:\r\n 0\r\n\r\n")),
    ("no-colon", raw(ok + "nonsense\r\nContent-Length: 0\r\n\r\n")),
    ("empty-name", raw(ok + ": b\r\nContent-Length: 0\r\n\r\n")),
    ("blank-before-colon", raw(ok + "Content-Length : 0\r\nContent-Length: 0\r\n\r\n")),
    ("blank-in-name", raw(ok + "X A: b\r\nContent-Length: 0\r\n\r\n")),
    ("name-not-ascii", raw(ok + "X-\u{E9}: b\r\nContent-Length: 0\r\n\r\n")),
    ("injected-by-cr", raw(ok + "X-A: b\rSet-Cookie: c\r\nContent-Length: 0\r\n\r\n")),
    ("injected-answer-by-cr", raw(ok + "X-A: b\r\r\nContent-Length: 0\r\n\r\n")),
    ("control-byte", raw(ok + "X-A: b\u{1B}[2Jc\r\nContent-Length: 0\r\n\r\n")),
    ("nul", raw(ok + "X-A: b\0c\r\nContent-Length: 0\r\n\r\n")),
    ("delete", raw(ok + "X-A: b\u{7F}c\r\nContent-Length: 0\r\n\r\n")),
    (
      "header-of-1-MiB",
      raw(ok + "X: " + String(repeating: "y", count: 1_048_576) + "\r\nContent-Length: 0\r\n\r\n")
    ),
    (
      "headers-of-1-MiB",
      raw(ok + String(repeating: "X-Some: thing\r\n", count: 70_000) + "Content-Length: 0\r\n\r\n")
    ),
  ]

  private static let lengths: [(String, UpstreamReply)] = [
    ("two-lengths", raw(ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc")),
    ("length-list", raw(ok + "Content-Length: 2, 2\r\n\r\nab")),
    ("length-signed", raw(ok + "Content-Length: +2\r\n\r\nab")),
    ("length-negative", raw(ok + "Content-Length: -1\r\n\r\nab")),
    ("length-hex", raw(ok + "Content-Length: 0x2\r\n\r\nab")),
    ("length-blank", raw(ok + "Content-Length: 2 2\r\n\r\nab")),
    ("length-empty", raw(ok + "Content-Length:\r\n\r\nab")),
    ("length-word", raw(ok + "Content-Length: two\r\n\r\nab")),
    ("length-2^63", raw(ok + "Content-Length: 9223372036854775808\r\n\r\nab")),
    ("length-2^64+2", raw(ok + "Content-Length: 18446744073709551618\r\n\r\nab")),
    ("length-and-chunks", raw(ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")),
    ("chunks-and-length", raw(ok + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")),
    ("coding-gzip", raw(ok + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")),
    ("coding-identity", closing(ok + "Transfer-Encoding: identity\r\n\r\nab")),
    ("coding-twice", raw(ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")),
    ("coding-unknown", closing(ok + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")),
    ("coding-quoted", closing(ok + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n")),
    ("coding-empty", closing(ok + "Transfer-Encoding:\r\n\r\nab")),
    ("coding-vertical-tab", closing(ok + "Transfer-Encoding: \u{B}chunked\r\n\r\n0\r\n\r\n")),
  ]

  private static let chunks: [(String, UpstreamReply)] = [
    ("chunk-no-number", raw(chunked + "zz\r\n12")),
    ("chunk-empty-size", raw(chunked + "\r\n12\r\n0\r\n\r\n")),
    ("chunk-0x", raw(chunked + "0x2\r\n12\r\n0\r\n\r\n").then(.close)),
    ("chunk-signed", raw(chunked + "+2\r\n12\r\n0\r\n\r\n")),
    ("chunk-negative", raw(chunked + "-2\r\n12\r\n0\r\n\r\n")),
    ("chunk-blank-first", raw(chunked + " 2\r\n12\r\n0\r\n\r\n")),
    ("chunk-17-digits", raw(chunked + "11111111111111112\r\n12\r\n0\r\n\r\n")),
    ("chunk-2^63", raw(chunked + "8000000000000000\r\n12\r\n0\r\n\r\n").then(.close)),
    ("chunk-longer-than-told", raw(chunked + "2\r\n123\r\n0\r\n\r\n")),
    ("chunk-shorter-than-told", closing(chunked + "5\r\n123\r\n0\r\n\r\n")),
    ("chunk-end-no-crlf", raw(chunked + "2\r\n12xx0\r\n\r\n")),
    ("chunk-cut-off", closing(chunked + "5\r\n12")),
    ("chunks-cut-off", closing(chunked + "5\r\n12345\r\n")),
    ("chunk-size-cut-off", closing(chunked + "5\r\n12345\r\n0")),
    ("last-chunk-cut-off", closing(chunked + "5\r\n12345\r\n0\r\n")),
    ("trailer-cut-off", closing(chunked + "5\r\n12345\r\n0\r\nX-A: b")),
    (
      "trailer-flood",
      raw(chunked + "2\r\n12\r\n0\r\n" + String(repeating: "X-Some: thing\r\n", count: 70_000) + "\r\n")
    ),
    (
      "trailer-of-1-MiB",
      raw(chunked + "2\r\n12\r\n0\r\nX: " + String(repeating: "y", count: 1_048_576) + "\r\n\r\n")
    ),
  ]

  private static let ends: [(String, UpstreamReply)] = [
    ("closes", .close), ("resets", .reset),
    ("status-line-cut-off", closing("HTTP/1.1 2")),
    ("status-line-then-reset", UpstreamReply.raw("HTTP/1.1 200 OK\r\n").then(.reset)),
    ("head-cut-off", closing(ok + "X-A: b\r\n")),
    ("head-cut-off-in-a-line", closing(ok + "Content-Length: 0\r\nX-A")),
    ("head-cut-off-before-the-lf", closing(ok + "Content-Length: 0\r\n\r")),
    ("head-then-reset", UpstreamReply.raw(ok + "Content-Length: 2\r\n\r\n").then(.reset)),
    ("body-cut-off", closing(ok + "Content-Length: 10\r\n\r\n123")),
    ("body-cut-off-by-one", closing(ok + "Content-Length: 10\r\n\r\n123456789")),
    ("body-reset", UpstreamReply.raw(ok + "Content-Length: 10\r\n\r\n123").then(.reset)),
    ("endless-body-reset", UpstreamReply.raw(ok + "\r\n123").then(.pause(milliseconds: 50), .reset)),
    ("chunks-reset", UpstreamReply.raw(chunked + "5\r\n12345\r\n").then(.reset)),
  ]
}
