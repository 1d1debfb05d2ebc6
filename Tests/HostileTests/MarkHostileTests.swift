import TestSupport
import Testing

/// The mark is ours alone, and what is said to one connection stays there.
@Suite(.ownThread) struct MarkHostileTests {
  private static let delivered = RawCase.Expected.delivered(Array(RawCase.body.utf8))

  static func sent(_ topic: HostileTopic, _ row: String) -> RawCase {
    RawCase(topic, row, delivered, text: RawCase.post("\(row.unescaped)\r\nContent-Length: 10"))
  }

  private static let forged = RawText.rows(
    #"""
    X-Verified: true
    x-verified: true
    X-VERIFIED: true
    x-vErIfIeD: true
    X-Verified: false
    X-Verified:
    X-Verified: true\r\nX-Verified: true
    X-Verified: true\r\nx-verified: no
    X-Verified: true, true
    X-Verified: \xff\xfe
    X-Verified: true \t
    X-Verified:true
    X-Verified-Failed: mismatch
    x-verified-failed:
    X-Verified: 1\r\nX-Verified-Failed: 2\r\nX-Verified: 3
    XVerified: true
    X--Verified: true
    -X-Verified: true
    X-Verified-: true
    X-VerifiedFailed: true
    """#)

  /// What CGI, WSGI, Rack, PHP or a servlet container reads as one of ours, or may.
  private static let folded = RawText.rows(
    #"""
    X_Verified: true
    x_verified: true
    X_VERIFIED: true
    X_Verified_Failed: no
    X-Verified_Failed: no
    X_Verified-Failed: no
    X.Verified: true
    X~Verified: true
    X!Verified: true
    X#Verified: true
    X$Verified: true
    X%Verified: true
    X&Verified: true
    X'Verified: true
    X*Verified: true
    X+Verified: true
    X^Verified: true
    X`Verified: true
    X|Verified: true
    X-Verified.: true
    X-Verified_: true
    X-Verified!: true
    X-Verified~: true
    X-Verified': true
    _X-Verified: true
    .X-Verified: true
    HTTP_X_VERIFIED: true
    HTTP_X-Verified: true
    Http_X_Verified: true
    REDIRECT_HTTP_X_VERIFIED: true
    X_Verified: true\r\nX-Verified: true
    X-Verified: true\r\nX_Verified: true
    X%2dVerified: true
    X%5fVerified: true
    Content_Length: 999
    Content_Type: text/x
    X_Forwarded_For: 6.6.6.6
    X_Request_Id: a
    mor_signature: 00
    Proxy_: a
    """#)

  private static let connections = RawText.rows(
    #"""
    Connection: X-Verified
    Connection: x-verified
    Connection: close, X-Verified
    Connection: keep-alive, X-Verified, X-Verified-Failed
    Connection: X-Verified\r\nX-Verified: true
    X-Verified: true\r\nConnection: X-Verified
    Connection: mor-signature
    Connection: mor-timestamp, mor-signature
    Connection: X-Request-Id, Via, Forwarded, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host
    Connection: Host
    Connection: host, content-length, transfer-encoding
    Connection: Content-Length
    Connection: Content-Type, Accept, User-Agent
    Connection: Connection
    Connection: ,, ,X-Verified,
    Connection: "X-Verified"
    Connection: X-Verified;q=1
    Connection:
    Connection: upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__
    Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__
    Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==
    Upgrade: websocket
    Upgrade: TLS/1.0, HTTP/2.0
    HTTP2-Settings: AAMAAABkAAQAAP__
    Keep-Alive: timeout=9999, max=9999
    Proxy-Connection: keep-alive
    Proxy-Authorization: Basic eA==
    Proxy-Authenticate: Basic
    TE: trailers
    TE: trailers, deflate;q=0.5
    Trailer: X-Verified
    Trailer: Content-Length, Transfer-Encoding
    Proxy: http://127.0.0.1:1/
    proxy: http://127.0.0.1:1/
    PROXY: http://127.0.0.1:1/
    """#)

  /// All of them, for whoever else reads what leaves.
  static let rows = forged + folded + connections

  @Test func `the mark is ours alone, whatever the sender says`() throws {
    try RawRunner().run(
      Self.forged.map { Self.sent(.mark, $0) } + Self.folded.map { Self.sent(.markSpelling, $0) })
  }

  @Test func `what is said to this connection stays on it`() throws {
    let runner = try RawRunner()
    for row in Self.connections {
      runner.run([Self.sent(row.lowercased().contains("verified") ? .markNamed : .hopByHop, row)])
    }
  }

  @Test func `a mark said first, last and between is stripped`() throws {
    let runner = try RawRunner()
    let signed = "<signed>Content-Length: 10"
    for (place, head) in [
      ("first", "X-Verified: true\r\nHost: a\r\n\(signed)"),
      ("last", "Host: a\r\n\(signed)\r\nX-Verified: true"),
      ("between", "Host: a\r\nX-Verified: true\r\n\(signed)"),
      ("everywhere", "X-Verified: 1\r\nHost: a\r\nx-verified: 2\r\n\(signed)\r\nX-VERIFIED: 3"),
    ] {
      runner.run([
        RawCase(
          .mark, "said \(place)", Self.delivered,
          text: "POST /hook HTTP/1.1\r\n\(head)\r\n\r\n\(RawCase.body)")
      ])
    }
  }

  @Test func `a mark of another name is as much ours, and the default's stays barred`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(
        upstreams: [upstream.url()], route: "verified-header: X-Genuine\nverified-value: \"1\""))
    for line in [
      "X-Genuine: 1", "x-genuine: 1", "X_Genuine: 1", "X-Genuine-Failed: 1", "X.Genuine: 1",
      "X-Verified: true",
      "X_Verified: true", "Connection: X-Genuine",
    ] {
      HostileTable.row(.mark, "\(line), the mark being X-Genuine", expected: "X-Genuine: 1") {
        let before = upstream.requests.count
        _ = try gateway.exchange(SignedRequest().with { $0.lines.append(line) }.bytes)
        let seen = try upstream.requests(atLeast: before + 1)[before]
        return seen.head.fields.filter {
          let name = $0.prefix { $0 != ":" }.lowercased().filter(\.isLetter)
          return name.contains("genuine") || name.contains("verified")
        }.joined(separator: ", ")
      }
    }
  }
}
