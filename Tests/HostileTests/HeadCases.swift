/// Heads that are not what they seem.
enum HeadCases {
  private static let refused = RawCase.Expected.refused([400])
  private static let delivered = RawCase.Expected.delivered(Array(RawCase.body.utf8))

  private static func framed(_ line: String) -> String { RawCase.post("\(line)\r\nContent-Length: 10") }

  private static let fields = RawText.rows(
    #"""
    X : y
    X\t: y
    X  : y
    X Y: z
    : y
    :
    \x20: y
    X
    nonsense
    \xc3\xa9: y
    X\xff: y
    \x80X: y
    X\x00Y: z
    \x00: y
    X\x0b: y
    X\x7f: y
    X(Y): z
    X[Y]: z
    X{Y}: z
    X<Y>: z
    X@Y: z
    X,Y: z
    X;Y: z
    X/Y: z
    X\Y: z
    X=Y: z
    X?Y: z
    "X": z
    X: y\x00z
    X: \x00
    X: y\x01
    X: y\x08z
    X: \x0b
    X: \x0c
    X: \x1b[31m
    X: y\x7f
    X: y\r\n z
    X: y\r\n\tz
    X: y\r\n\x20
    X:\r\n y
    \x20X: y
    \tX: y
    X: y\n z
    X: y\nZ: z
    X: y\rZ: z
    X: y\r\rZ: z
    X: y\n\rZ: z
    X: y\r
    X: y\n
    X\n: y
    X\r: y
    X\r\n: y
    \nX: y
    \rX: y
    POST /hook HTTP/1.1
    GET / HTTP/1.1\r\nX: y
    """#)

  private static let soundFields = RawText.rows(
    #"""
    X:
    X:y
    X:  \t y \t
    X: y\tz
    X: \xc3\xa9\xff\x80
    X: a: b: c
    X: "quoted \"
    X: <script>alert(1)</script>
    X: ${jndi:ldap://127.0.0.1/x}
    X: () { :; }; echo
    X: %0d%0aY: z
    !#$%&'*+-.^_`|~: x
    X: 1\r\nx: 2\r\nX: 1
    Cookie: a=b; c="d
    Accept: */*\r\nAccept:
    Range: bytes=0-,0-,0-,0-
    Content-Type:
    Authorization: Basic eA==
    X-HTTP-Method-Override: DELETE
    X-Original-URL: /admin
    Max-Forwards: 0
    Content-Encoding: gzip
    Date: not a date
    X: \xe5\x98\x8a\xe5\x98\x8dY: z
    """#)

  private static let hosts = RawText.rows(
    #"""
    Host: a\r\nHost: a
    Host: a\r\nHost: b
    Host: a\r\nhost: a
    Host: a\r\n Host: b
    Host:
    Host:\x20\x20
    Host: u@a
    Host: u:p@a
    Host: a@
    Host: a/hook
    Host: a b
    Host: a, b
    Host: a,b
    Host: http://a
    Host: //a
    Host: a:
    Host: a:http
    Host: a:-1
    Host: a:+80
    Host: a:80x
    Host: a:80:80
    Host: a:123456
    Host: :80
    Host: ::1
    Host: [::1
    Host: ::1]
    Host: []
    Host: [::1]x
    Host: [::1]:
    Host: [fe80::1%25eth0]
    Host: [v1.a]
    Host: a%2eb
    Host: a%00
    Host: a\x00
    Host: a\xff
    Host: b\xc3\xbccher
    Host: a?b
    Host: a#b
    Host: a\b
    Host: a;b
    Host: "a"
    Host: (a)
    Host: *
    Host: a\tb
    Host: a<b
    Host: a'b
    Host: a|b
    Host: a{b}
    Host: a$b
    Host: a&b
    Host: a=b
    Host: a!b
    Host: a~b
    Host : a
    \x20Host: a
    Host\x00: a
    Host: a\r
    Host: a\n
    X: y
    X-Host: a
    Host_: a
    """#)

  private static let soundHosts = RawText.rows(
    #"""
    Host: a
    HOST:a
    Host:  a\x20
    Host: A.example.
    Host: a:80
    Host: 127.0.0.1:8480
    Host: [::1]
    Host: [fe80::1]:80
    Host: my_host
    Host: localhost\r\nX-Forwarded-Host: evil
    Host: a\r\nX-Host: evil
    """#)

  private static let requestLines = RawText.rows(
    #"""
    POST  /hook HTTP/1.1
    POST /hook  HTTP/1.1
    POST\t/hook HTTP/1.1
    POST /hook\tHTTP/1.1
    POST\x0b/hook HTTP/1.1
    POST\x0c/hook HTTP/1.1
    POST\r/hook HTTP/1.1
    POST\xa0/hook HTTP/1.1
    POST\x00/hook HTTP/1.1
    \x20POST /hook HTTP/1.1
    \tPOST /hook HTTP/1.1
    \x00POST /hook HTTP/1.1
    \xef\xbb\xbfPOST /hook HTTP/1.1
    \nPOST /hook HTTP/1.1
    \rPOST /hook HTTP/1.1
    \r\rPOST /hook HTTP/1.1
    \r\r\nPOST /hook HTTP/1.1
    \r\n\r\nPOST /hook HTTP/1.1
    \r\n\r\n\r\n\r\nPOST /hook HTTP/1.1
    \r\n POST /hook HTTP/1.1
    \n\nPOST /hook HTTP/1.1
    POST /hook
    POST /hook HTTP
    POST /hook HTTP/
    POST /hook HTTP/1
    POST /hook HTTP/1.
    POST /hook HTTP/1.1\x20
    POST /hook HTTP/1.1\t
    POST /hook HTTP/1.1 x
    POST /hook HTTP/1.1x
    POST /hook HTTP/1.10
    POST /hook HTTP/1.01
    POST /hook HTTP/01.1
    POST /hook HTTP/11.1
    POST /hook HTTP/1.1.1
    POST /hook HTTP/1,1
    POST /hook HTTP/1_1
    POST /hook HTTP/-1.1
    POST /hook HTTP/+1.1
    POST /hook HTTP/ 1.1
    POST /hook HTTP /1.1
    POST /hook HTTP//1.1
    POST /hook HTTP\1.1
    POST /hook HTTP/1.1\r
    POST /hook HTTP/1.\xef\xbc\x91
    POST /hook http/1.1
    POST /hook Http/1.1
    POST /hook HTTPS/1.1
    POST /hook HTTP1.1
    POST /hook XHTTP/1.1
    POST /hook HTTP/x.y
    POST /hook HTTP/2
    POST /hook ICY/1.1
    POST /hook RTSP/1.0
    POST /hook SIP/2.0
    POST HTTP/1.1
    POST
    HTTP/1.1 200 OK
    /hook POST HTTP/1.1
    POST: /hook HTTP/1.1
    P\xd6ST /hook HTTP/1.1
    PO ST /hook HTTP/1.1
    PO\x00ST /hook HTTP/1.1
    PO(ST /hook HTTP/1.1
    "POST" /hook HTTP/1.1
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA /hook HTTP/1.1
    POST /hook HTTP/1.1\n
    POST /hook\nHTTP/1.1
    POST /hook\rHTTP/1.1
    POST /hook\r\nHTTP/1.1
    POST /ho\x00ok HTTP/1.1
    POST /ho\x7fok HTTP/1.1
    POST /ho\x80ok HTTP/1.1
    POST /h\xc3\xb6ok HTTP/1.1
    POST /\xef\xbc\x8fhook HTTP/1.1
    POST /hook\x0b HTTP/1.1
    POST /hook\x1b[2J HTTP/1.1
    POST /hook x HTTP/1.1
    POST /hook?a b HTTP/1.1
    POST /hook?a\tb HTTP/1.1
    POST /hook?\x00 HTTP/1.1
    POST /hook?\xff HTTP/1.1
    POST /hook#f HTTP/1.1
    POST /hook?a#f HTTP/1.1
    POST #/hook HTTP/1.1
    POST /hook\ HTTP/1.1
    POST \hook HTTP/1.1
    POST hook HTTP/1.1
    POST ?hook HTTP/1.1
    POST ./hook HTTP/1.1
    POST ../hook HTTP/1.1
    POST %2fhook HTTP/1.1
    POST ;/hook HTTP/1.1
    POST @/hook HTTP/1.1
    POST :80/hook HTTP/1.1
    POST a/hook HTTP/1.1
    POST a:80/hook HTTP/1.1
    POST * HTTP/1.1
    OPTIONS * HTTP/1.1
    POST *hook HTTP/1.1
    POST http://a/hook HTTP/1.1
    POST http://b/hook HTTP/1.1
    POST HTTP://a/hook HTTP/1.1
    POST https://a/hook HTTP/1.1
    POST http:/hook HTTP/1.1
    POST http:///hook HTTP/1.1
    POST http://u:p@a/hook HTTP/1.1
    POST http://a:80/hook HTTP/1.1
    POST http://a HTTP/1.1
    POST http:\\a\hook HTTP/1.1
    POST ftp://a/hook HTTP/1.1
    POST file:///etc/passwd HTTP/1.1
    POST javascript:/hook HTTP/1.1
    POST unix:/run/app:/hook HTTP/1.1
    CONNECT a:80 HTTP/1.1
    CONNECT 127.0.0.1:22 HTTP/1.1
    CONNECT [::1]:80 HTTP/1.1
    CONNECT http://a/ HTTP/1.1
    GET http://169.254.169.254/latest HTTP/1.1
    \x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03
    \x80\x2e\x01\x00\x02
    SSH-2.0-OpenSSH_9.2
    \x05\x01\x00
    \x04\x01\x00\x50\x7f\x00\x00\x01
    PROXY TCP4 127.0.0.1 127.0.0.1 1 2
    \r\n\r\n\x00\r\nQUIT\n
    {"a":1}
    <?xml version="1.0"?>
    EHLO a
    *1
    stats
    """#)

  private static let versions = RawText.rows(
    #"""
    POST /hook HTTP/0.9
    POST /hook HTTP/1.2
    POST /hook HTTP/1.9
    POST /hook HTTP/2.0
    POST /hook HTTP/3.0
    POST /hook HTTP/9.9
    POST /hook HTTP/0.0
    PRI * HTTP/2.0
    PRI * HTTP/1.1
    """#)

  private static func begun(_ line: String) -> String {
    "\(line)\r\nHost: a\r\n<signed>Content-Length: 10\r\n\r\n\(RawCase.body)"
  }

  private static func hosted(_ line: String) -> String {
    "POST /hook HTTP/1.1\r\n\(line)\r\n<signed>Content-Length: 10\r\n\r\n\(RawCase.body)"
  }

  private static func topic(of requestLine: String) -> HostileTopic {
    requestLine.contains("://") || requestLine.hasPrefix("CONNECT") || requestLine.contains(" *")
      ? .target : .requestLine
  }

  static let fieldCases: [RawCase] =
    fields.map {
      RawCase(
        $0.unescaped.hasBareLineEnd ? .lineEnds : .fields, "field \($0)", refused, text: framed($0.unescaped))
    } + soundFields.map { RawCase(.fields, "\($0) is sound", delivered, text: framed($0.unescaped)) }

  static let hostCases: [RawCase] =
    hosts.map { RawCase(.requestLine, $0, refused, text: hosted($0.unescaped)) }
    + soundHosts.map { RawCase(.requestLine, "\($0) is sound", delivered, text: hosted($0.unescaped)) }

  static let lineCases: [RawCase] =
    requestLines.map { RawCase(topic(of: $0), $0, refused, text: begun($0.unescaped)) }
    + versions.map { RawCase(.requestLine, $0, .refused([505]), text: begun($0.unescaped)) }
}
