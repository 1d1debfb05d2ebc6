import Gateway
import Testing

@testable import Configuration

@Suite struct ListenAddressTests {
  @Test(
    arguments: [
      ("127.0.0.1:8480", ListenAddress.tcp(host: "127.0.0.1", port: 8480)),
      ("[::1]:1", .tcp(host: "::1", port: 1)),
      ("[2001:DB8::0:1]:1", .tcp(host: "2001:db8::1", port: 1)),
      ("*:8480", .tcp(host: "*", port: 8480)), (":8480", .tcp(host: "*", port: 8480)),
      ("localhost:80", .tcp(host: "127.0.0.1", port: 80)),
      ("127.0.0.1:0", .tcp(host: "127.0.0.1", port: 0)),
      ("unix:/run/v", .unix(path: "/run/v", mode: 0o660, group: nil)),
      ("unix:///run/v", .unix(path: "/run/v", mode: 0o660, group: nil)),
      ("systemd", .systemd(name: nil)), ("systemd:http", .systemd(name: "http")),
    ])
  func `an address is read`(text: String, expected: ListenAddress) {
    #expect(ListenAddress(text: text) == expected)
  }

  @Test(
    arguments: [
      "", ":", "8480", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:08",
      "127.1:80", "::1:80", "[127.0.0.1]:80", "[::1]", "example.com:80", "unix:", "unix:run/x", "unix:/",
      "systemd:", "systemd:a:b", "http://127.0.0.1:80",
    ])
  func `what could be read in two ways is refused`(text: String) {
    #expect(ListenAddress(text: text) == nil)
  }

  @Test func `a unix socket has a mode and a group`() throws {
    let top = "listen: [{unix: /run/v, mode: 0600, group: www-data}, systemd]"
    #expect(
      try parsed(configuration(top: top)).listen
        == [.unix(path: "/run/v", mode: 0o600, group: "www-data"), .systemd(name: nil)])
  }
}

@Suite struct UpstreamURLTests {
  struct Row: Sendable {
    var text: String
    var host: String
    var port: Int
    var path: String
    var query: String?
    var socket: String?
  }

  @Test(
    arguments: [
      Row(text: "http://a", host: "a", port: 80, path: "/"),
      Row(text: "https://a.b-c.d", host: "a.b-c.d", port: 443, path: "/"),
      Row(text: "http://app_1:8000/x/../y//%2f", host: "app_1", port: 8000, path: "/x/../y//%2f"),
      Row(text: "http://4b2c557fd0ad:8000/x", host: "4b2c557fd0ad", port: 8000, path: "/x"),
      Row(text: "http://1password-connect:8080/x", host: "1password-connect", port: 8080, path: "/x"),
      Row(text: "http://app.3com/", host: "app.3com", port: 80, path: "/"),
      Row(text: "http://4b2c.2x/", host: "4b2c.2x", port: 80, path: "/"),
      Row(text: "http://7e5/", host: "7e5", port: 80, path: "/"),
      Row(text: "http://0b2/", host: "0b2", port: 80, path: "/"),
      Row(text: "http://0x-ray/", host: "0x-ray", port: 80, path: "/"),
      Row(text: "http://0xfg/", host: "0xfg", port: 80, path: "/"),
      Row(text: "http://127.0.0.1?q=a?b", host: "127.0.0.1", port: 80, path: "/", query: "q=a?b"),
      Row(text: "http://[::1]:9/", host: "[::1]", port: 9, path: "/"),
      Row(text: "http://a/p?", host: "a", port: 80, path: "/p", query: ""),
      Row(text: "unix:/run/a.sock", host: "localhost", port: 80, path: "/", socket: "/run/a.sock"),
      Row(
        text: "unix:/run/a.sock:/u:1?q", host: "localhost", port: 80, path: "/u:1", query: "q",
        socket: "/run/a.sock"),
    ])
  func `a URL is sent to as it is written`(row: Row) throws {
    let url = try UpstreamURL(row.text)
    #expect(url.host == row.host && url.port == row.port)
    #expect(url.path == row.path && url.query == row.query && url.unixSocketPath == row.socket)
    #expect(url.upstream.name == row.text && url.isTLS == row.text.hasPrefix("https:"))
  }

  @Test func `a socket file is one and the same however many slashes its address begins with`() throws {
    let url = try UpstreamURL("unix:///tmp/a.sock:/u?q")
    #expect(try url == UpstreamURL("unix:/tmp/a.sock:/u?q"))
    let socket = try #require(url.unixSocketPath)
    #expect(Upstream.sandboxHint(forSocket: socket)?.contains("does not see /tmp") == true)
  }

  @Test(
    arguments: [
      ("ftp://a", "must begin with http://, https:// or unix:/"),
      ("HTTP://a", "must begin with http://, https:// or unix:/"),
      ("a:8000", "must begin with http://, https:// or unix:/"),
      ("http://", "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"),
      ("http:///x", "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"),
      ("http://127.1/", "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"),
      ("http://0x7f.0.0.1/", "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"),
      ("http://010.0.0.1/", "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"),
      ("http://2130706433/", "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"),
      ("http://4b2c.1/", "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"),
      ("http://4b2c.1./", "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"),
      ("http://0/", "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"),
      ("http://0x/", "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"),
      ("http://0x7F000001/", "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"),
      ("http://0b1/", "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"),
      ("http://127.0X1/", "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"),
      ("http://127.0x1./", "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"),
      ("http://1.2.3.4.5/", "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"),
      ("http://1.2.3.256/", "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"),
      ("http://::1/", "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"),
      ("http://[127.0.0.1]/", "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"),
      ("http://a..b/", "must have a host: a name, an IPv4 address, or an IPv6 address in brackets"),
      ("http://u:p@a/", "must not hold a user or password"),
      ("http://a/#f", "must not have a #fragment"),
      ("http://a:/", "must have a port from 1 to 65535 behind the host's colon"),
      ("http://a:0/", "must have a port from 1 to 65535 behind the host's colon"),
      ("http://a:65536/", "must have a port from 1 to 65535 behind the host's colon"),
      ("http://[::1]80/", "must have a port from 1 to 65535 behind the host's colon"),
      ("http://a/b c", "must be visible ASCII: write blanks and other characters as %XX"),
      ("http://a/ü", "must be visible ASCII: write blanks and other characters as %XX"),
      ("http://a/\r\nX: y", "must be visible ASCII: write blanks and other characters as %XX"),
      (
        "unix:run/a",
        "must name a socket file by an absolute path of at most 107 bytes: unix:/path or unix:/path:/uri"
      ),
      (
        "http://unix:/run/a.sock:/u",
        "must be written without http://: unix:/path of the socket file, or unix:/path:/uri"
      ),
      ("unix:/a:b", "must have a path behind the socket file's colon: unix:/path:/uri"),
    ])
  func `a URL that two readers could read differently is refused`(text: String, sentence: String) {
    #expect(throws: UpstreamURLProblem(sentence)) { try UpstreamURL(text) }
  }

  @Test func `TLS options belong to https, and a certificate to its key`() throws {
    let good = """
      routes:
        - path: /a
          secret-file: /s
          upstreams:
            - {url: "https://a/", ca-file: /ca, client-certificate-file: /c, client-key-file: /k, tls-version-min: "1.3"}
      """
    let tls = try #require(try parsed(good).routes.first?.upstreams.first?.tls)
    #expect(tls.caFile == "/ca" && tls.certificateFile == "/c" && tls.keyFile == "/k")
    #expect(tls.versionMin == .tls13)
    #expect(
      problems(good.replacing("https://a/", with: "http://a/").replacing(" client-key-file: /k,", with: ""))
        == [
          "v.yaml:5:37 routes[0].upstreams[0].ca-file: means something for an https:// URL only",
          "v.yaml:5:67 routes[0].upstreams[0].client-certificate-file: needs client-key-file beside it",
          "v.yaml:5:67 routes[0].upstreams[0].client-certificate-file: means something for an https:// URL only",
          "v.yaml:5:88 routes[0].upstreams[0].tls-version-min: means something for an https:// URL only",
        ])
  }

  @Test func `an upstream is listed once, and 16 at most`() {
    let list = (0..<17).map { "\"http://a/\($0)\"" }.joined(separator: ", ")
    let text = "routes: [{path: /a, secret-file: /s, upstreams: [\(list)]}]"
    #expect(problems(text) == ["v.yaml:1:49 routes[0].upstreams: must not have more than 16 entries"])
    #expect(
      problems("routes: [{path: /a, secret-file: /s, upstreams: [http://a/, http://a/]}]")
        == ["v.yaml:1:61 routes[0].upstreams[1]: is listed twice"])
  }
}
