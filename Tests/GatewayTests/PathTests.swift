import Testing

@testable import Gateway

@Suite struct PathRestTests {
  private func isUnambiguous(_ rest: String) -> Bool {
    Array(rest.utf8).withUnsafeBytes { PathRest.isUnambiguous($0) }
  }

  @Test(arguments: [
    "", "a", "a/b", "a/", "a/b/", "...", "a..b", "..a", ".hidden", "a.b", "a;x=1", "%20", "%41%7E", "a%3Fb",
    "%252e",
    "~user", "a:b@c", "..%20",
  ])
  func `a plain rest is fine`(rest: String) {
    #expect(isUnambiguous(rest))
  }

  @Test(arguments: [
    ".", "..", "./", "../", "a/..", "a/../b", "a/.", "a/./b", "/", "//", "a//b", "/a", "a//", "\\", "a\\b",
    "..\\a",
    "%2e", "%2E", "a/%2e%2e/b", ".%2e", "%2f", "%2F", "a%2fb", "%5c", "%5C", "%00", "a%00", "..;", "..;x",
    "..;x=1/b",
    "a/..;/b", ".;x", "a/.;", "%", "a%", "%2", "%zz", "%2g", "%%2e", "% 2e",
  ])
  func `a rest that two readers could resolve differently is refused`(rest: String) {
    #expect(!isUnambiguous(rest))
  }

  @Test func `of all encoded bytes four are refused, in any case`() {
    let refused = (0...255).filter { byte in
      let upper = String(byte, radix: 16, uppercase: true)
      let text = "a%" + (byte < 16 ? "0" : "") + upper
      #expect(isUnambiguous(text) == isUnambiguous(text.lowercased()))
      return !isUnambiguous(text)
    }
    #expect(refused == [0x00, 0x2E, 0x2F, 0x5C])
  }
}

@Suite struct PathPatternTests {
  @Test(arguments: [
    ("/", "/", false), ("/a/b", "/a/b", false), ("/*", "/", true), ("/hooks/*", "/hooks/", true),
    ("/a%20b", "/a%20b", false), ("/a;b", "/a;b", false),
  ])
  func `an exact path or a prefix is read and written alike`(text: String, bytes: String, isPrefix: Bool)
    throws
  {
    let pattern = try #require(PathPattern(text))
    #expect(pattern.bytes == Array(bytes.utf8))
    #expect(pattern.isPrefix == isPrefix)
    #expect(pattern.text == text)
  }

  @Test(arguments: [
    "", "a", "*", "a/*", "/a*", "/*/b", "/a/*/*", "/a?b", "/a#b", "/a\\b", "/a b", "/é", "/a\n", "/a\u{7F}",
    " /a",
  ])
  func `anything else is no pattern`(text: String) {
    #expect(PathPattern(text) == nil)
  }
}

@Suite struct UpstreamTests {
  @Test(
    arguments: [
      ("/", nil, "", "", "/"), ("/app", nil, "", "", "/app"), ("/app", nil, "x/y", "", "/app/x/y"),
      ("/app/", nil, "x", "", "/app/x"), ("/", nil, "x", "?a=1", "/x?a=1"),
      ("/app", "k=v", "", "", "/app?k=v"),
      ("/app", "k=v", "x", "?a=1&b", "/app/x?k=v&a=1&b"), ("/app", nil, "", "?", "/app?"),
      ("/app", nil, "", "?a=1?b=2", "/app?a=1?b=2"), ("/a%20b", nil, "%C3%28", "?%00", "/a%20b/%C3%28?%00"),
    ] as [(String, String?, String, String, String)])
  func `the target is its path, the rest and both queries`(
    path: String, query: String?, rest: String, sent: String, target: String
  ) {
    let upstream = Upstream(
      name: "u", host: "h", port: 80, path: Array(path.utf8), query: query.map { Array($0.utf8) })
    let made = upstream.target(rest: Array(rest.utf8)[...], query: Array(sent.utf8)[...])
    #expect(String(decoding: made, as: UTF8.self) == target)
  }
}
