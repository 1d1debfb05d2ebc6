import Configuration
import Gateway
import Testing

@testable import vesigate

/// Where `send` posts to, of what the configuration says.
@Suite struct SendTargetTests {
  private func target(
    _ listen: [ListenAddress], _ path: String = "/webhooks/a", host: String? = nil, socket: String? = nil
  ) throws -> SendTarget? {
    let pattern = try #require(PathPattern(path))
    let upstream = Upstream(name: "http://127.0.0.1:1/", host: "127.0.0.1", port: 1)
    let route = Route(path: pattern, host: host, secretFileIndex: 0, upstreams: [upstream])
    return SendTarget(route: route, listen: listen, unixSocket: socket)
  }

  @Test(arguments: [
    ("127.0.0.1", "http://127.0.0.1:8480/webhooks/a"), ("*", "http://127.0.0.1:8480/webhooks/a"),
    ("0.0.0.0", "http://127.0.0.1:8480/webhooks/a"), ("192.0.2.7", "http://192.0.2.7:8480/webhooks/a"),
    ("::1", "http://[::1]:8480/webhooks/a"), ("::", "http://[::1]:8480/webhooks/a"),
    ("2001:db8::7", "http://[2001:db8::7]:8480/webhooks/a"),
  ])
  func `it is where this machine listens`(host: String, url: String) throws {
    let target = try #require(try target([.tcp(host: host, port: 8480)]))
    #expect(target.url == url && target.unixSocket == nil && target.headers == [])
  }

  @Test func `a unix socket is connected to, whatever the URL's host`() throws {
    let target = try #require(try target([.unix(path: "/run/v", mode: 0o660, group: nil)]))
    #expect(target.url == "http://localhost/webhooks/a" && target.unixSocket == "/run/v")
    let named = try #require(try self.target([.tcp(host: "*", port: 1)], socket: "/run/other"))
    #expect(named.url == "http://localhost/webhooks/a" && named.unixSocket == "/run/other")
  }

  @Test func `what says no place is passed over, and where nothing else is listed there is none`() throws {
    let open: [ListenAddress] = [.systemd(name: nil), .tcp(host: "127.0.0.1", port: 0)]
    #expect(try target(open) == nil)
    #expect(try target(open + [.tcp(host: "::1", port: 7)])?.url == "http://[::1]:7/webhooks/a")
  }

  @Test func `a prefix gets a path below it, and a host its field`() throws {
    let target = try #require(try target([.tcp(host: "*", port: 80)], "/hooks/*", host: "hooks.example"))
    #expect(target.url == "http://127.0.0.1:80/hooks/test" && target.headers == ["Host: hooks.example"])
  }

  @Test(arguments: [
    ("https://me:pw@example.org/a", "https://...@example.org/a"), ("http://a:b@c@d/", "http://...@d/"),
    ("http://example.org/a@b", "http://example.org/a@b"), ("http://x?u:p@h", "http://x?u:p@h"),
    ("//u:p@h", "//...@h"), ("http://", "http://"), ("x", "x"), ("", ""), ("/", "/"),
    ("http://@", "http://...@"),
  ])
  func `a password of the URL is not shown`(url: String, shown: String) {
    #expect(SendTarget(url: url, unixSocket: nil).shown == shown)
    #expect(SendTarget(url: url, unixSocket: "/s").shown == shown + " at /s")
    #expect(SendTarget(url: url, unixSocket: nil).url == url)
  }
}
