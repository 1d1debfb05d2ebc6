import Testing

@testable import Operations

/// Whom the inspector answers: judged on a message, without a socket.
@Suite struct InspectorGuardTests {
  private let judge = InspectorGuard(hosts: ["ops.example", "10.0.0.5"])

  private func reason(_ method: String = "GET", _ lines: (String, String)...) -> String? {
    var message = InspectorMessage()
    message.method = method
    message.fields = lines.map { (name: $0.0, value: $0.1) }
    return judge.refusal(of: message).map { "\($0.status) \($0.reason)" }
  }

  @Test(arguments: [
    "localhost", "localhost:9465", "LocalHost:1", "127.0.0.1", "127.0.0.1:9465", "[::1]", "[::1]:9465",
    "ops.example", "OPS.EXAMPLE:80", "10.0.0.5:9465",
  ])
  func `a name of this machine is answered, whatever its case and port`(host: String) {
    #expect(reason("GET", ("Host", host)) == nil)
  }

  @Test(arguments: [
    "evil.example", "localhost.evil.example", "evil.localhost", "localhost.", "127.0.0.2", "127.1", "0.0.0.0",
    "[::]", "[::ffff:127.0.0.1]", "ops.example.evil", "xops.example", "2130706433", "0x7f000001", "10.0.0.50",
  ])
  func `a name that somebody else may have is refused, and the setting is named`(host: String) {
    #expect(reason("GET", ("Host", host)) == "403 foreign-host")
    var message = InspectorMessage()
    message.fields = [(name: "host", value: host)]
    let sentence = judge.refusal(of: message)?.sentence ?? ""
    #expect(sentence.contains("inspector: {hosts: [\"\(host)\"]}"), "\(sentence)")
  }

  @Test(arguments: [
    "", ":80", "local host", "localhost:", "localhost:x", "localhost:999999", "user@localhost", "localhost/x",
    "localhost,evil", "[::1", "[]", "[::1]x", "[evil]", "lÖcalhost", "localhost\u{0}",
  ])
  func `what is no host is refused before anybody looks for it in a list`(host: String) {
    #expect(reason("GET", ("Host", host)) == "400 host")
  }

  @Test func `none and two hosts are refused, be both the same`() {
    #expect(reason() == "400 host")
    #expect(reason("GET", ("Host", "localhost"), ("host", "localhost")) == "400 host")
    #expect(reason("GET", ("Host", "localhost"), ("HOST", "evil.example")) == "400 host")
  }

  @Test func `a page that rebinds its name agrees with itself, and is refused for the name`() {
    let own = ("Origin", "http://evil.example:9465")
    #expect(
      reason("POST", ("Host", "evil.example:9465"), own, ("Sec-Fetch-Site", "same-origin"))
        == "403 foreign-host")
    #expect(reason("GET", ("Host", "evil.example:9465"), ("Sec-Fetch-Site", "none")) == "403 foreign-host")
  }

  @Test(arguments: ["same-origin", "none"])
  func `what changes something is taken from our own pages, and from whoever typed it`(site: String) {
    #expect(reason("POST", ("Host", "localhost:1"), ("Sec-Fetch-Site", site)) == nil)
  }

  @Test(arguments: ["cross-site", "same-site", "Same-Origin", "", "same-origin, none"])
  func `from any other site it is refused, whatever Origin says`(site: String) {
    let own = ("Origin", "http://localhost:1")
    #expect(reason("POST", ("Host", "localhost:1"), ("Sec-Fetch-Site", site), own) == "403 cross-site")
  }

  @Test func `two that say different things are refused`() {
    #expect(
      reason(
        "POST", ("Host", "localhost"), ("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site"))
        == "403 cross-site")
    #expect(
      reason("POST", ("Host", "localhost"), ("Origin", "http://localhost"), ("Origin", "http://evil"))
        == "403 cross-site")
  }

  @Test func `where a browser says no site, Origin has to be the Host's`() {
    let host = ("Host", "ops.example:9465")
    #expect(reason("POST", host, ("Origin", "http://ops.example:9465")) == nil)
    // Behind a front with TLS.
    #expect(reason("POST", host, ("Origin", "https://OPS.example:9465")) == nil)
    for origin in [
      "null", "http://ops.example", "http://ops.example:9466", "http://evil.example",
      "ftp://ops.example:9465",
      "http://ops.example:9465/", "",
    ] {
      #expect(reason("POST", host, ("Origin", origin)) == "403 cross-site", "\(origin)")
    }
    #expect(reason("POST", host) == "403 cross-site")
  }

  @Test func `other sites may link here`() {
    #expect(
      reason(
        "GET", ("Host", "localhost"), ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document")) == nil)
  }

  @Test(
    arguments: ["iframe", "frame", "embed", "object", "fencedframe"],
    ["cross-site", "same-site", "same-origin"])
  func `nobody frames a page`(destination: String, site: String) {
    #expect(
      reason(
        "GET", ("Host", "localhost"), ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", destination)) == "403 framed")
  }

  @Test(arguments: ["cross-site", "same-site"])
  func `another site loads nothing, for how long it takes would tell what is stored`(site: String) {
    for mode in ["no-cors", "cors", "same-origin", "websocket"] {
      #expect(
        reason("GET", ("Host", "localhost"), ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode))
          == "403 cross-site", "\(mode)")
    }
    #expect(reason("HEAD", ("Host", "localhost"), ("Sec-Fetch-Site", site)) == "403 cross-site")
  }
}
