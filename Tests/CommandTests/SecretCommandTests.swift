import Foundation
import TestSupport
import Testing

/// What the secret commands say where something is not as it should be: each sentence has the command that helps.
@Suite(.ownThread) struct SecretCommandTests {
  let fixture: CommandFixture

  init() throws { fixture = try CommandFixture() }

  private func configure(_ routes: [String: String], rotation: String = "") throws -> String {
    let text = routes.sorted { $0.key < $1.key }.map { route, secret in
      "  - path: \(route)\n    secret-file: \(secret)\n    upstreams: [http://127.0.0.1:9/]\n"
        + (route == "/b" ? rotation : "")
    }
    return try fixture.write("vesigate.yaml", "listen: 127.0.0.1:0\ncontrol: none\nroutes:\n" + text.joined())
  }

  private func set(_ text: String, _ arguments: String...) throws -> Finished {
    try fixture.vesigate(["secret", "set"] + arguments, input: Array(text.utf8))
  }

  @Test(arguments: [["Hunter2-of-vesicash"], ["-Hunter2"], ["--Hunter2=x"], ["--", "Hunter2"]])
  func `a secret that is typed as an argument is not said again`(words: [String]) throws {
    let config = try configure(["/hook": fixture.path("secret")])
    let refused = try fixture.vesigate(["secret", "set", "--config", config] + words)
    #expect(refused.status == 64)
    #expect(!(refused.text + refused.errors).contains("Hunter2"), "\(refused.errors)")
    #expect(refused.errors.contains("enter it at the prompt, or through standard input"), "\(refused.errors)")
    #expect(!FileManager.default.fileExists(atPath: fixture.path("secret")))
    #expect(try fixture.vesigate(["secret", "set", "--help"]).text.contains("--keep"))
  }

  @Test func `a folder that is missing is told with the command that makes it`() throws {
    let config = try configure(["/hook": fixture.path("none/secret")])
    let refused = try set("a-secret-of-some-length", "--config", config)
    #expect(refused.status == 78)
    let words = try #require(refused.errors.firstMatch(of: /(install -d -m 2750 .*) makes it\n$/)).1
    #expect(words.hasSuffix(fixture.path("none")), "\(refused.errors)")
    #expect(try fixture.run("/bin/sh", ["-c", String(words)]).status == 0)
    #expect(try set("a-secret-of-some-length", "--config", config).status == 0)
  }

  @Test func `a link that leads nowhere is told alike by set and by check, and neither leads to the other`()
    throws
  {
    let (link, target) = (fixture.path("secret"), fixture.path("gone"))
    #expect(symlink(target, link) == 0)
    let config = try configure(["/hook": link])
    let checked = try fixture.vesigate(["check", "--config", config])
    #expect(
      checked.errors.contains("is a symbolic link to \(target), which does not exist"), "\(checked.errors)")
    #expect(!checked.errors.contains("secret set"), "\(checked.errors)")
    let refused = try set("a-secret-of-some-length", "--config", config)
    #expect(refused.status == 78)
    #expect(refused.errors.contains("is a symbolic link to \(target): "), "\(refused.errors)")
  }

  @Test func `the commands that help after an unknown outcome name the route where there are several`() throws
  {
    let responder = try FreePort.take()
    let key = try fixture.write("key", "an-api-key", mode: 0o600)
    let rotation = "    rotation: {api: \"http://127.0.0.1:\(responder)\", api-key-file: \(key)}\n"
    try fixture.write("a", "a-secret-of-some-length\n")
    try fixture.write("b", "b-secret-of-some-length\n")
    let config = try configure(["/a": fixture.path("a"), "/b": fixture.path("b")], rotation: rotation)
    try fixture.write("b.journal", "vesigate rotation journal\nunreadable\n")
    let refused = try fixture.vesigate(
      ["secret", "rotate", "--resume", "--route", "/b", "--no-daemon", "--config", config])
    #expect(refused.status == 75, "\(refused.errors)")
    for words in ["rotate --resume --yes", "set", "rotate --abandon"] {
      #expect(
        refused.errors.contains("vesigate secret \(words) --route /b --config \(config)"), "\(refused.errors)"
      )
    }
  }
}
