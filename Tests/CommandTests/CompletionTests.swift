import Foundation
import TestSupport
import Testing

/// TAB in a real shell on a real terminal.
@Suite(.ownThread) struct CompletionTests {
  let fixture: CommandFixture

  init() throws { fixture = try CommandFixture() }

  /// Types each line and TAB into a bash that has read the package's completions, and tells what each became:
  /// what was expected, or all that came within two minutes.
  private static let driver = """
    import fcntl, json, os, pty, select, struct, sys, termios, time
    script, folder, cases = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    child, terminal = pty.fork()
    if child == 0:
        os.execve("/bin/bash", ["bash", "--norc", "--noprofile", "-i"],
            {"PATH": folder + ":/usr/bin:/bin", "PS1": "$ ", "TERM": "dumb", "HOME": folder})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 900, 0, 0))
    def read_until(text, seconds=20):
        seen, end = "", time.monotonic() + seconds
        while text not in seen and time.monotonic() < end:
            if select.select([terminal], [], [], 0.1)[0]:
                seen += os.read(terminal, 65536).decode("utf-8", "replace")
        return seen
    def type(text): os.write(terminal, text.encode())
    type("bind 'set bell-style none'; source '%s'; echo read''y\\n" % script)
    read_until("ready\\r\\n")
    for line, wanted in cases:
        type("\\x15\\x0b" + line)
        seen = ""
        # Once more where the daemon was too busy to answer: TAB does not wait for long.
        for _ in range(12):
            type("\\t")
            seen += read_until(wanted, 10)
            if wanted in seen: break
        print(json.dumps(wanted if wanted in seen else seen))
    """

  private func complete(_ cases: [(line: String, wanted: String)]) throws -> [String] {
    let script = try fixture.vesigate(["--generate-completion-script", "bash"])
    let file = try fixture.write("completion.bash", script.output)
    mkdir(fixture.path("bin"), 0o755)
    symlink(try GatewayBinary.path(), fixture.path("bin/vesigate"))
    let text = try JSONSerialization.data(withJSONObject: cases.map { [$0.line, $0.wanted] })
    let driven = try fixture.run(
      "/usr/bin/env",
      ["python3", "-c", Self.driver, file, fixture.path("bin"), String(decoding: text, as: UTF8.self)])
    #expect(driven.status == 0, "\(driven.errors)")
    return try driven.lines.map {
      try JSONSerialization.jsonObject(with: Data($0.utf8), options: .fragmentsAllowed) as? String ?? ""
    }
  }

  @Test func `TAB completes commands, options, presets, events and the configuration's routes`() throws {
    let config = try fixture.write(
      "c.yaml",
      """
      control: none
      routes:
        - {path: /webhooks/vesicash, secret-file: /s/vesicash, upstreams: "http://127.0.0.1:9/"}
        - {path: /webhooks/github, secret-file: /s/github, signature: github, upstreams: "http://127.0.0.1:9/"}
        - {path: "/webhooks/$(touch$IFS\(fixture.path("broken")))", secret-file: /s/c, upstreams: "http://127.0.0.1:9/"}

      """)
    let cases = [
      ("vesigate sta", "vesigate status "), ("vesigate queue exp", "vesigate queue export "),
      ("vesigate check --conn", "vesigate check --connect "),
      ("vesigate sign --signature rev", "vesigate sign --signature revolut "),
      ("vesigate queue list --state or", "vesigate queue list --state orphaned "),
      ("vesigate sign -c \(config) --route /webhooks/v", " --route /webhooks/vesicash "),
      ("vesigate send -c \(config) /webhooks/g", "\(config) /webhooks/github "),
      ("vesigate secret set -c \(config) --route /webhooks/v", " --route /webhooks/vesicash "),
      ("vesigate secret set -c \(config) --secret-file /s/g", " --secret-file /s/github "),
      ("vesigate send -c \(config) --event payment.s", " --event payment.success "),
      ("vesigate send -c \(config) /webhooks/github --event pi", " --event ping "),
    ]
    #expect(try complete(cases) == cases.map(\.1))
    #expect(!FileManager.default.fileExists(atPath: fixture.path("broken")))
  }

  @Test func `TAB completes what the daemon keeps, and the fingerprints it knows`() throws {
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(
        upstreams: ["http://127.0.0.1:\(try FreePort.take())/"], route: "durable: true",
        top: """
          control: {dir}/control.sock
          store: {sqlite: {dir}/queue.db, seal-key-file: {dir}/seal.key}
          """))
    let config = gateway.configPath
    #expect(try fixture.vesigate(["send", "--config", config]).status == 0)
    let listed = try fixture.vesigate(["queue", "list", "--json", "--config", config]).lines.first ?? ""
    let id = try #require(listed.firstMatch(of: /"id":"([0-9a-f-]{36})"/)).1
    let secrets = try fixture.vesigate(["secret", "list", "--config", config]).text
    let fingerprint = try #require(secrets.firstMatch(of: /current +(\S+)/)).1
    let cases = [
      ("vesigate queue show -c \(config) \(id.prefix(6))", "\(config) \(id) "),
      ("vesigate queue cancel -c \(config) \(id.prefix(6))", "\(config) \(id) "),
      ("vesigate secret retire -c \(config) --fingerprint \(fingerprint.prefix(2))", " \(fingerprint) "),
      ("vesigate queue list -c \(config) --route /ho", " --route /hook "),
    ]
    #expect(try complete(cases) == cases.map(\.1))
    #expect(gateway.terminate() == 0)
  }
}
