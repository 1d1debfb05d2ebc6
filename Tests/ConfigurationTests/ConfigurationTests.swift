import Gateway
import Signing
import TestSupport
import Testing

@testable import Configuration

@Suite(.ownThread) struct ConfigurationTests {
  @Test func `the smallest useful file gives every default`() throws {
    let found = try parsed(configuration())
    #expect(found.listen == [.tcp(host: "127.0.0.1", port: 8480)])
    #expect(found.workers == .auto)
    #expect(found.trustedProxies == TrustedProxies())
    #expect(found.log.level == .info && found.log.format == .auto && found.log.deliveries == .all)
    #expect(found.limits == Limits())
    let route = try #require(found.routes.first)
    #expect(route.path.text == "/hook" && route.host == nil && route.methods == ["POST"])
    #expect(route.layout == .vesicash && route.deliver == .first && !route.observe && !route.preservesHost)
    #expect(route.times == ForwardTimes() && route.bodyBytesMax == 1_048_576 && route.mark == VerifiedMark())
    #expect(found.secretFiles == [SecretFileSettings(path: "/s/one", keyDecoding: .raw)])
  }

  @Test(arguments: ["admin: none", "admin: {listen: none}"])
  func `none switches the admin listener off, as it does the control socket`(top: String) throws {
    let found = try parsed(configuration(top: top + "\ncontrol: none"))
    #expect(found.admin == nil && found.control == nil)
    let environment = ["VESIGATE_ADMIN_LISTEN": "127.0.0.1:2"]
    let set = try Configuration.parse(configuration(top: top), file: "v.yaml", environment: environment)
    #expect(set.configuration.admin == .tcp(host: "127.0.0.1", port: 2))
    #expect(
      problems(configuration(top: "admin: nothing"))
        == ["v.yaml:1:8 admin: must be a mapping such as {listen: 127.0.0.1:9464}, or none"])
  }

  @Test func `the sentence for an empty file shows a file that works`() throws {
    let parts = YAMLComposer.smallestFile.split(separator: "file is ", maxSplits: 1)
    _ = try parsed(String(try #require(parts.last)))
  }

  @Test func `every problem of a file comes at once, in the order of its lines`() {
    let text = """
      listen: [127.0.0.1, "127.0.0.1:8480", "127.0.0.1:8480", "unix:run/x", {unix: /x, mode: "9"}]
      trusted-proxies: [10.0.0.0/33, elsewhere]
      workers: 0
      log: {level: loud, format: jsno, colour: true}
      limits:
        body-bytes-max: 1M
        head-seconds-max: 0
        body-seconds-max: 007
        idle-second-max: 60
      observe: true
      routes:
        - path: hook
          upstreams: []
          observe: yes
          methods: [post, TRACE]
        - path: /b
          secret-file: secrets/b
          upstreams: http://a
          body-seconds-max: 3
          total-seconds-max:
        - nonsense
      """
    #expect(
      problems(text) == [
        "v.yaml:1:10 listen[0]: must be " + ListenAddress.wanted
          + ", or {unix: /path, mode: \"0660\", group: NAME}",
        "v.yaml:1:39 listen[2]: is listed twice",
        "v.yaml:1:57 listen[3]: must be " + ListenAddress.wanted
          + ", or {unix: /path, mode: \"0660\", group: NAME}",
        "v.yaml:1:88 listen[4].mode: must be an octal mode in quotes, such as \"0660\"",
        "v.yaml:2:19 trusted-proxies[0]: must be an IP address, a block such as 10.0.0.0/8, or unix",
        "v.yaml:2:32 trusted-proxies[1]: must be an IP address, a block such as 10.0.0.0/8, or unix",
        "v.yaml:3:10 workers: must be auto or a whole number from 1 to 256",
        "v.yaml:4:14 log.level: must be one of trace, debug, info, notice, warning, error, critical",
        "v.yaml:4:28 log.format: must be one of auto, logfmt, json, short, did you mean \"json\"?",
        "v.yaml:4:34 log.colour: unknown setting",
        "v.yaml:6:19 limits.body-bytes-max: must be a whole number from 1 to 1073741824, in bytes, or with a "
          + "unit right behind it: KB, MB, GB or TB, of 1000 each, KiB, MiB, GiB or TiB, of 1024 each",
        "v.yaml:7:21 limits.head-seconds-max: must be a whole number from 1 to 86400",
        "v.yaml:8:21 limits.body-seconds-max: must be a whole number from 1 to 86400",
        "v.yaml:9:3 limits.idle-second-max: unknown setting, did you mean \"idle-seconds-max\"?",
        "v.yaml:10:1 observe: unknown setting here; it belongs under routes",
        "v.yaml:12:5 routes[0].secret-file: is missing: it names the file that holds this route's secret",
        "v.yaml:12:11 routes[0].path: must be a path that begins with / and may end in /*, without blanks, "
          + "?, #, \\ or any other *",
        "v.yaml:13:16 routes[0].upstreams: must name at least one URL",
        "v.yaml:14:14 routes[0].observe: must be true or false",
        "v.yaml:15:15 routes[0].methods[0]: must be a method in capitals, such as POST",
        "v.yaml:15:21 routes[0].methods[1]: must not be CONNECT or TRACE: neither carries a delivery",
        "v.yaml:17:18 routes[1].secret-file: must be an absolute path of a file",
        "v.yaml:19:5 routes[1].body-seconds-max: unknown setting here; it belongs under limits",
        "v.yaml:20:23 routes[1].total-seconds-max: must have a value; leave the line out for the default",
        "v.yaml:21:5 routes[2]: must be a mapping with path, secret-file and upstreams",
      ])
  }

  @Test func `routes must be a list with something in it`() {
    #expect(problems("workers: 2") == ["v.yaml:1:1 routes: is missing: it must name at least one route"])
    #expect(problems("routes: []") == ["v.yaml:1:9 routes: must name at least one route"])
    #expect(
      problems("routes: {path: /}") == [
        "v.yaml:1:9 routes: must be a list: begin each route with \"- path: ...\""
      ]
    )
  }

  @Test func `two routes with one path and host name each other`() {
    let second = "  - path: /hook\n    secret-file: /s/two\n    upstreams: http://a/\n"
    #expect(
      problems(configuration() + second)
        == ["v.yaml:7:11 routes[1].path: has the same path as the route on line 3"])
  }

  @Test func `the same path under another host is another route`() throws {
    let text = """
      routes:
        - {path: /a, host: One.Example, secret-file: /s, upstreams: http://a}
        - {path: /a, host: two.example, secret-file: /s, upstreams: http://a}
        - {path: /a, secret-file: /s, upstreams: http://a}
        - {path: /a/*, secret-file: /s, upstreams: http://a}
      """
    #expect(try parsed(text).routes.map(\.host) == ["one.example", "two.example", nil, nil])
  }

  @Test func `booleans are true and false, without quotes`() {
    for wrong in ["yes", "on", "1", "True", "[]"] {
      #expect(
        problems(configuration(route: "observe: \(wrong)"))
          == ["v.yaml:6:14 routes[0].observe: must be true or false"])
    }
    #expect(
      problems(configuration(route: "observe: \"false\""))
        == ["v.yaml:6:14 routes[0].observe: must be true or false, without quotes"])
  }

  @Test(
    arguments: [
      ("Host", "must be a header of its own: Host has a meaning in HTTP already"),
      ("Transfer-Encoding", "must be a header of its own: Transfer-Encoding has a meaning in HTTP already"),
      ("content-type", "must be a header of its own: content-type has a meaning in HTTP already"),
      ("X-Forwarded-For", "must be a header of its own: X-Forwarded-For has a meaning in HTTP already"),
      ("Mor-Signature", "must be a header of its own: the signature's layout reads Mor-Signature"),
      ("MOR-TIMESTAMP", "must be a header of its own: the signature's layout reads MOR-TIMESTAMP"),
      ("X_Verified", "must be a header's name of letters, digits and -"),
      ("\"\"", "must be a header's name of letters, digits and -"),
    ])
  func `the mark is a header that nothing else means`(name: String, sentence: String) {
    #expect(
      problems(configuration(route: "verified-header: \(name)"))
        == ["v.yaml:6:22 routes[0].verified-header: \(sentence)"])
  }

  @Test func `a body that could never be in flight is a problem`() {
    #expect(
      problems(configuration(top: "limits: {in-flight-bytes-max: 1000}")) == [
        "v.yaml:1:31 limits.in-flight-bytes-max: must not be less than body-bytes-max, which is 1048576"
      ])
    #expect(
      problems(configuration(route: "body-bytes-max: 268435457")) == [
        "v.yaml:6:21 routes[0].body-bytes-max: must not be more than limits.in-flight-bytes-max, which is 268435456"
      ])
  }

  @Test func `what is allowed and dangerous is warned of`() throws {
    let text = configuration(route: "observe: true\ntotal-seconds-max: 31\nconnect-seconds-max: 60")
    let found = try Configuration.parse(text, file: "v.yaml").warnings.map(\.description)
    #expect(
      found == [
        "v.yaml:6:14 routes[0].observe: forwards deliveries that fail verification, marked with "
          + "X-Verified-Failed instead of X-Verified",
        "v.yaml:7:24 routes[0].total-seconds-max: is above 30: a sender that waits 30 s sends again while "
          + "this delivery still runs",
      ])
  }

  @Test(arguments: ["epoll", "posix", "nonsense", "", "[1, 2]", "{a: b}"])
  func `a setting that has gone is warned of, whatever it says`(value: String) throws {
    let found = try Configuration.parse(configuration(top: "engine: \(value)"), file: "v.yaml")
    #expect(
      found.warnings.map(\.description) == [
        "v.yaml:1:1 engine: has gone, for there is only one kind of event loops now: remove the line"
      ])
    #expect(try found.configuration == parsed(configuration()))
  }

  @Test func `a setting that has gone is unknown where it never was`() {
    #expect(
      problems(configuration(top: "log: {engine: epoll}")) == ["v.yaml:1:7 log.engine: unknown setting"])
  }

  @Test func `a problem never repeats a value`() {
    let text = """
      listen: s3cr3t
      workers: s3cr3t
      log: {level: s3cr3t}
      limits: {body-bytes-max: s3cr3t}
      trusted-proxies: s3cr3t
      routes:
        - {path: s3cr3t, secret-file: s3cr3t, signature: s3cr3t, host: "s3cr3t!", upstreams: "http://u:s3cr3t@h"}
        - {path: /a, secret-file: /s, signature: {header: "s3cr3t!", signed: "{s3cr3t}", id-from: s3cr3t},
           upstreams: [{url: s3cr3t, ca-file: s3cr3t}], observe: s3cr3t, verified-header: "s3cr3t!"}
      """
    let found = problems(text)
    #expect(found.count == 17)
    #expect(found.allSatisfy { !$0.contains("s3cr3t") })
  }

  @Test func `ten thousand routes are read, one more is refused`() throws {
    let line = { (index: Int) in "  - {path: /r/\(index), secret-file: /s, upstreams: http://a/}\n" }
    let text = "routes:\n" + (0..<10_000).map(line).joined()
    #expect(try parsed(text).routes.count == 10_000)
    #expect(problems(text + line(10_000)) == ["v.yaml:2:3 routes: must not have more than 10000 entries"])
  }
}
