import TestSupport
import Testing

/// What the request line asks for: methods and paths beside those that are configured.
@Suite(.ownThread) struct PathHostileTests {
  /// Methods that are somebody's, on a route that takes POST.
  @Test func `another method is refused before its body`() throws {
    let methods = [
      "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "TRACK", "PATCH", "DEBUG", "post", "Post", "POSTX",
      "XPOST", "PRI",
      "PROPFIND", "PURGE", "M-SEARCH", "__proto__", "GET!", "HACK",
    ]
    try RawRunner().run(
      methods.map {
        RawCase(
          .requestLine, "method \($0)", .refused([405]),
          text: RawCase.post("Content-Length: 10").replacing("POST", with: $0, maxReplacements: 1))
      })
  }

  /// Paths beside the route, for which another reader might take it.
  @Test func `a path is matched byte for byte`() throws {
    let paths = RawText.rows(
      #"""
      /
      //hook
      /hook/
      /hook//
      /./hook
      /../hook
      /x/../hook
      /hook/..
      /hook/../admin
      /hook%2f..
      /hook%2e
      /%68ook
      /hoo%6b
      /hook%00
      /hook%20
      /hook%0d%0a
      /hook;x
      /hook;x=y
      /hook,
      /HOOK
      /Hook
      /hook.
      /hook.php
      /hook&
      /hook:80
      /hook@a
      /hook~
      /hook*
      /hook'
      /hook"
      /hook<
      /hook|
      /hook^
      /hook`
      /hook{}
      /hook[]
      /hook%
      /hook%zz
      /hook%u002f
      /hook%c0%af
      /%2e%2e/hook
      /.
      /..
      /...
      /;/hook
      /hook!
      """#)
    try RawRunner().run(
      paths.map { path in
        RawCase(
          .requestLine, "path \(path)", .refused([404]),
          text: RawCase.post("Content-Length: 10").replacing("/hook", with: path, maxReplacements: 1))
      })
  }

  /// Below a prefix route the rest of the path is the sender's to say.
  @Test func `below a prefix no path leaves that two readers could resolve differently`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url("/app/")], path: "/hook/*"))
    let refused = RawText.rows(
      #"""
      ..
      .
      ../admin
      a/..
      a/../b
      a/./b
      a//b
      /a
      %2e%2e
      %2e%2e/admin
      %2E.
      .%2e/a
      a/%2e/b
      a%2fb
      a%2Fb
      a%5cb
      a%00
      %
      a%
      a%2
      a%zz
      a%u002f
      ..;
      ..;/admin
      ..;x=y/admin
      .;/a
      """#)
    for rest in refused {
      HostileTable.row(.requestLine, "/hook/\(rest) below a prefix", expected: "400, upstream 0") {
        let before = upstream.bytesReceived
        let status = try gateway.exchange(SignedRequest().with { $0.target = "/hook/\(rest)" }.bytes).status
        return "\(status), upstream \(upstream.bytesReceived - before)"
      }
    }
    for rest in [
      "", "a", "a/", "a/b", "a.b", "..a", "a..", "a;x", "%41", "a%20b", "~a", "a:b@c", "a?/../b", "?x",
    ] {
      HostileTable.row(.requestLine, "/hook/\(rest) is sound", expected: "/app/\(rest)") {
        let before = upstream.requests.count
        _ = try gateway.exchange(SignedRequest().with { $0.target = "/hook/\(rest)" }.bytes)
        return try upstream.requests(atLeast: before + 1)[before].target
      }
    }
  }
}
