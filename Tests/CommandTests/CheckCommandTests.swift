import Foundation
import TestSupport
import Testing

@Suite(.ownThread) struct CheckCommandTests {
  let fixture: CommandFixture

  init() throws { fixture = try CommandFixture() }

  @Test func `a good configuration is said to be good in one line`() throws {
    let config = try fixture.writeConfiguration(secret: "s3cret-of-the-test")
    let checked = try fixture.vesigate(["check", "--config", config])
    #expect(checked.status == 0)
    #expect(checked.lines.count == 1)
    #expect(checked.text.hasPrefix("\(config): ok, 1 route, secret="))
    #expect(checked.errors == "")
  }

  @Test func `what is printed reads back to the same and holds no secret`() throws {
    let config = try fixture.writeConfiguration(secret: "s3cret-of-the-test")
    let first = try fixture.vesigate(["check", "--print", "--config", config])
    #expect(first.status == 0)
    #expect(first.text.contains("body-bytes-max: 1048576"))
    #expect(!first.text.contains("s3cret"))

    let again = try fixture.vesigate(
      ["check", "--print", "--config", try fixture.write("printed.yaml", first.output)])
    #expect(again.status == 0)
    #expect(again.text == first.text)
  }

  @Test func `every problem is told at once with its place`() throws {
    let config = try fixture.write(
      "bad.yaml",
      """
      listen: nowhere
      limts: {}
      routes:
        - path: webhooks
          secret-file: \(fixture.path("missing"))
          upstreams: [ftp://127.0.0.1/]
      """)
    let checked = try fixture.vesigate(["check", "--config", config])
    #expect(checked.status == 78)
    #expect(checked.output.isEmpty)
    for place in ["1:9 listen:", "2:1 limts: ", "4:11 routes[0].path:", "6:17 routes[0].upstreams[0]"] {
      #expect(checked.errors.contains("\(config):\(place)"), "\(checked.errors)")
    }
    #expect(checked.errors.contains(#"did you mean "limits"?"#))
    #expect(checked.errors.contains("\(fixture.path("missing")) does not exist"))
    #expect(checked.errors.hasSuffix("vesigate: 5 problems, nothing was done\n"))
  }

  @Test func `a missing configuration is named`() throws {
    let checked = try fixture.vesigate(["check", "--config", fixture.path("none.yaml")])
    #expect(checked.status == 78)
    #expect(checked.errors.hasPrefix("\(fixture.path("none.yaml"))"))
    #expect(checked.errors.contains("does not exist"))
  }

  @Test func `a secret file that every user may read is a matter of permission`() throws {
    let config = try fixture.writeConfiguration(secret: "s3cret")
    try fixture.write("secret", "s3cret\n", mode: 0o644)
    let checked = try fixture.vesigate(["check", "--config", config])
    #expect(checked.status == 77)
    #expect(checked.errors.contains("is open to every user (mode 0644): chmod 0640 it"))
  }

  @Test func `a comment in a secret file is refused`() throws {
    let config = try fixture.writeConfiguration(secret: "# vesicash, live\nabc-secret-abc-secret-abc")
    let checked = try fixture.vesigate(["check", "--config", config])
    #expect(checked.status == 78)
    #expect(
      checked.errors.contains("/secret begins line 1 with #, but knows no comments"), "\(checked.errors)")
    #expect(!checked.errors.contains("vesicash, live"))
  }

  @Test func `what is odd about a secret is warned of, with its line and without a word of it`() throws {
    let config = try fixture.writeConfiguration(secret: "fit-secret-of-the-test\nSECRET=hunter2")
    let checked = try fixture.vesigate(["check", "--config", config])
    #expect(checked.status == 0)
    let lines = checked.errors.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.allSatisfy { $0.hasPrefix("warning: ") && $0.contains("holds in line 2 a secret that ") })
    #expect(!checked.errors.contains("hunter2"))
  }

  @Test func `a store whose folder is not there is a problem, where a route is durable`() throws {
    let plain = try String(
      contentsOfFile: try fixture.writeConfiguration(secret: "fit-secret-of-the-test"), encoding: .utf8)
    let (here, nowhere) = (fixture.path("queue.db"), fixture.path("none/seal.key"))
    let text = "store: {sqlite: \(here), seal-key-file: \(nowhere)}\n" + plain
    let made = "mkdir -m 0700 \(fixture.path("none"))"
    for (lines, status, advice) in [("", 0, ""), ("    durable: true\n", 78, made)] {
      let checked = try fixture.vesigate(["check", "--config", try fixture.write("c.yaml", text + lines)])
      #expect(checked.status == status && checked.errors.isEmpty == advice.isEmpty, "\(checked.errors)")
      #expect(advice.isEmpty || checked.errors.contains(advice), "\(checked.errors)")
    }
  }

  @Test func `the environment goes over the file`() throws {
    let config = try fixture.writeConfiguration(secret: "s3cret")
    let checked = try fixture.vesigate(
      ["check", "--print", "--config", config],
      environment: ["VESIGATE_LISTEN": "127.0.0.1:8111, [::1]:8112", "VESIGATE_LIMITS_IDLE_SECONDS_MAX": "7"])
    #expect(checked.status == 0)
    #expect(checked.text.contains("127.0.0.1:8111"))
    #expect(checked.text.contains("[::1]:8112"))
    #expect(checked.text.contains("idle-seconds-max: 7"))
  }

  @Test func `a wrong variable is named`() throws {
    let config = try fixture.writeConfiguration(secret: "s3cret")
    let checked = try fixture.vesigate(["check", "--config", config], environment: ["VESIGATE_LISTENS": "x"])
    #expect(checked.status == 78)
    #expect(checked.errors.contains("VESIGATE_LISTENS"))
    #expect(checked.errors.contains("did you mean VESIGATE_LISTEN?"))
  }

  @Test func `observing is warned of`() throws {
    let config = try fixture.writeConfiguration(secret: "s3cret")
    let text = try String(contentsOfFile: config, encoding: .utf8)
    try fixture.write("vesigate.yaml", text + "    observe: true\n")
    let checked = try fixture.vesigate(["check", "--config", config])
    #expect(checked.status == 0)
    #expect(checked.errors.hasPrefix("warning: "))
    #expect(checked.errors.contains("observe"))
  }
}
