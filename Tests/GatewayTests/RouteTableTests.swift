import HTTP
import TestSupport
import Testing

@testable import Gateway

@Suite struct RouteTableTests {
  /// The path of the route that is found, and the rest below it.
  private func find(_ table: RouteTable, _ path: String, host: String? = nil) -> String? {
    let bytes = Array(path.utf8)
    let match = bytes.withUnsafeBytes { path in
      guard let host else { return table.match(path: path, host: nil) }
      return Array(host.utf8).withUnsafeBytes { table.match(path: path, host: $0) }
    }
    return match.map { match in
      let rest = String(decoding: bytes[match.restStart...], as: UTF8.self)
      #expect(table.all[match.index] === match.route)
      return (match.route.host ?? "") + match.route.path.text + (rest.isEmpty ? "" : " + \(rest)")
    }
  }

  @Test(
    arguments: [
      ("/hooks/a", "/hooks/a"), ("/hooks/b", "/hooks/* + b"), ("/hooks/", "/hooks/*"),
      ("/hooks/a/", "/hooks/* + a/"), ("/hooks/deep/x/y", "/hooks/deep/* + x/y"),
      ("/hooks/deep/", "/hooks/deep/*"), ("/hooks/deep", "/hooks/* + deep"), ("/hooks", nil), ("/hook", nil),
      ("/", nil), ("", nil), ("/HOOKS/a", nil), ("/hooks/a%20", "/hooks/* + a%20"), ("hooks/a", nil),
    ] as [(String, String?)])
  func `an exact path beats a prefix, and a longer prefix a shorter one`(path: String, found: String?) {
    let table = RouteTable([Route("/hooks/*"), Route("/hooks/deep/*"), Route("/hooks/a")])
    #expect(find(table, path) == found)
  }

  @Test func `a prefix of everything takes what nobody else does`() {
    let table = RouteTable([Route("/*"), Route("/a")])
    #expect(find(table, "/a") == "/a")
    #expect(find(table, "/b/c") == "/* + b/c")
    #expect(find(table, "/") == "/*")
  }

  @Test func `a route with this host beats one without, in either order`() {
    for routes in [[Route("/a"), Route("/a", host: "x.org")], [Route("/a", host: "x.org"), Route("/a")]] {
      let table = RouteTable(routes)
      #expect(find(table, "/a", host: "x.org") == "x.org/a")
      #expect(find(table, "/a", host: "X.ORG") == "x.org/a")
      #expect(find(table, "/a", host: "y.org") == "/a")
      #expect(find(table, "/a", host: "sub.x.org") == "/a")
      #expect(find(table, "/a") == "/a")
    }
  }

  @Test func `another host's exact path does not hide a prefix`() {
    let table = RouteTable([Route("/a/b", host: "x.org"), Route("/a/*")])
    #expect(find(table, "/a/b", host: "y.org") == "/a/* + b")
    #expect(find(table, "/a/b", host: "x.org") == "x.org/a/b")
  }

  @Test func `among a thousand routes each is found`() {
    let exact = (0..<500).map { Route("/exact/\($0)") }
    let prefixes = (0..<500).map { Route("/prefix/\($0)/*") }
    let table = RouteTable(exact + prefixes)
    for index in 0..<500 {
      #expect(find(table, "/exact/\(index)") == "/exact/\(index)")
      #expect(find(table, "/prefix/\(index)/x") == "/prefix/\(index)/* + x")
    }
    #expect(find(table, "/exact/500") == nil)
    #expect(find(table, "/prefix/500/x") == nil)
  }

  @Test(arguments: [
    ("x.org", "x.org"), ("x.org:8480", "x.org"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]"),
    ("X.org:", "X.org"),
    ("", ""), ("[::1", "[::1"),
  ])
  func `the host's name is what stands before its port`(value: String, name: String) {
    let found = RequestHead("POST", "/", [("Host", value)]).withHostName { host in
      host.map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(found == name)
  }

  @Test func `a request without a host has no name`() {
    #expect(RequestHead("POST", "/", []).withHostName { $0 == nil })
  }
}
