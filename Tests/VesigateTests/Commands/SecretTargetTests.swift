import Configuration
import Gateway
import Secrets
import Signing
import Testing

@testable import vesigate

/// Which secret file a command means, and how the next command is told of it.
@Suite struct SecretTargetTests {
  private func targets(_ routes: String) throws -> [SecretTarget] {
    SecretTarget.all(try Configuration.parse("routes:\n" + routes, file: "v.yaml").configuration)
  }

  private func route(_ path: String, _ file: String, _ more: String = "") -> String {
    "  - {path: \(path), secret-file: \(file), upstreams: http://127.0.0.1:8000/\(more)}\n"
  }

  @Test func `routes that share a file are one target, in the order of the file`() throws {
    let targets = try targets(route("/a", "/s/two") + route("/b", "/s/one") + route("/c", "/s/two"))
    #expect(targets.map(\.path) == ["/s/two", "/s/one"])
    #expect(targets.map { $0.routes.map(\.path.text) } == [["/a", "/c"], ["/b"]])
  }

  @Test func `the only file needs no name, and the packaged configuration neither`() throws {
    let targets = try targets(route("/a", "/s/one") + route("/b", "/s/one"))
    #expect(targets[0].words(among: targets, configPath: Configuration.fileDefault) == "")
    #expect(targets[0].words(among: targets, configPath: "v.yaml") == " --config v.yaml")
  }

  @Test func `one of several is named by its route, and quoted where a shell would take it apart`() throws {
    let targets = try targets(route("/a", "/s/one") + route("/b/*", "/s/two"))
    #expect(targets[0].words(among: targets, configPath: Configuration.fileDefault) == " --route /a")
    #expect(
      targets[1].words(among: targets, configPath: "my file.yaml")
        == " --route '/b/*' --config 'my file.yaml'")
  }

  /// Two hosts may have the same path: the route's name would mean the first one's file.
  @Test func `where a path stands for another file, the file is named`() throws {
    let targets = try targets(
      route("/a", "/s/one", ", host: one.test") + route("/a", "/s/two", ", host: two.test"))
    let words = targets.map { $0.words(among: targets, configPath: Configuration.fileDefault) }
    #expect(words == [" --route /a", " --secret-file /s/two"])
  }

  @Test func `a secret of the wrong form is told what it lacks, and has no key`() throws {
    let target = try targets(
      "  - {path: /a, secret-file: /s/one, upstreams: http://127.0.0.1:8000/, signature: standard-webhooks}\n"
    )[
      0]
    #expect(target.flaw(in: Secret(Array("whsec_dGhpcyBpcyBhIGtleQ==".utf8))) == nil)
    let text = target.flaw(in: Secret(Array("no whsec at all!".utf8)))
    #expect(text?.hasPrefix("is not whsec") == true, "\(text ?? "")")
    #expect(target.flaw(in: Secret(Array("two\nlines".utf8))) != nil)
    #expect(target.flaw(in: Secret([])) != nil)
  }

  @Test func `how long a replaced secret is accepted heeds the most patient of its routes`() throws {
    let both = try targets(
      route("/a", "/s/one", ", signature: {preset: stripe, tolerance-seconds: 60}")
        + route("/b", "/s/one", ", signature: {preset: stripe, tolerance-seconds: 900}"))
    #expect(both[0].policy.toleranceSeconds == 900 && both[0].policy.isTimestampSigned)
    #expect(try targets(route("/a", "/s/one", ", signature: github"))[0].policy.isTimestampSigned == false)
  }
}
