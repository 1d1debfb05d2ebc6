import Testing

@testable import vesigate

@Suite struct CompletionsTests {
  @Test func `nothing is offered that a shell would make more of than a word`() {
    let words = [
      "/webhooks/a", "/hooks/*", "", "$(reboot)", "`reboot`", "a b", "/a;reboot", "a\nb", "/a'b", "/a\"b",
      "~x",
      "/webhooks/a", String(repeating: "a", count: 257), "hooks.example/b_1,2+3@4%5", "{a,b}",
    ]
    #expect(Completions.offered(words) == ["/webhooks/a", "/hooks/*", "hooks.example/b_1,2+3@4%5"])
    #expect(Completions.offered(nil) == [])
    #expect(Completions.offered((0..<1_000).map { "/r\($0)" }).count == 200)
  }

  @Test(arguments: [
    (["vesigate", "send", ""], "/etc/vesigate/vesigate.yaml"),
    (["vesigate", "send", "-c", "a.yaml", ""], "a.yaml"),
    (["vesigate", "send", "--config", "'a b.yaml'", ""], "a b.yaml"),
    (["vesigate", "send", "--config=a.yaml", ""], "a.yaml"),
    (["vesigate", "send", "--config", "=", "a.yaml", ""], "a.yaml"),
  ])
  func `the configuration is the one that the line names`(words: [String], path: String) {
    #expect(Completions.configPath(words) == path)
  }

  @Test func `where no configuration can be read nothing is offered, and Vesicash's events are`() {
    let words = ["vesigate", "send", "--config", "/nowhere/vesigate.yaml", ""]
    #expect(Completions.routes(words) == [] && Completions.secretFiles(words) == [])
    #expect(Completions.deliveries(words) == [] && Completions.fingerprints(words) == [])
    #expect(Completions.events(words).contains("payment.success"))
  }
}
