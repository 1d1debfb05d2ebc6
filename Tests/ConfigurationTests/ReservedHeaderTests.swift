import Gateway
import TestSupport
import Testing

@testable import Configuration

@Suite(.ownThread) struct ReservedHeaderTests {
  /// What a request's plan drops from every sender, and what fronts and frameworks believe.
  static let names = [
    "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Expect",
    "Proxy", "Proxy-Authorization", "Proxy-Authenticate", "Content-Length", "HTTP2-Settings", "Host",
    "Forwarded",
    "Via", "X-Request-Id", "traceparent", "tracestate", "X-Forwarded-For", "X-Forwarded",
    "X-Forwarded-Anything",
    "X-Real-IP", "Client-IP", "True-Client-IP", "CF-Connecting-IP", "Front-End-Https", "X-Scheme",
    "Content-Anything",
  ]

  @Test(arguments: names)
  func `a name that means something on the way is no mark, however it is spelt`(name: String) {
    for name in [name, name.uppercased()] {
      #expect(
        problems(configuration(route: "verified-header: \(name)")) == [
          "v.yaml:6:22 routes[0].verified-header: must be a header of its own: \(name) has a meaning in HTTP already"
        ])
    }
  }

  @Test(arguments: ["X-Verified", "Proxy-Verified", "Contents", "Viable", "X-Forward", "X-Real"])
  func `a name that only resembles one is a mark`(name: String) throws {
    let routes = try parsed(configuration(route: "verified-header: \(name)")).routes
    #expect(routes[0].mark.name == name)
  }
}
