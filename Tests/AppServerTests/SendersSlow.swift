import TestSupport
import Testing

/// Senders' own HTTP clients, where they differ from curl's.
@Suite(.ownThread) struct SendersSlow {
  @Test func `Go's client that reads nothing until all of its 20 MB are away hears 413`() throws {
    let gateway = try GatewayProcess(
      config: """
        listen: 127.0.0.1:{port}
        routes:
          - {path: /hook, secret-file: "{dir}/secret", upstreams: ["http://127.0.0.1:9/"]}
        """)
    let sender = try ChildProcess(
      [GoProgram.sender.get().path, "http://127.0.0.1:\(gateway.port)/hook", "12"],
      environment: ["PATH": "/usr/bin:/bin"])
    #expect(sender.waitForExit(within: 120) == 0)
    #expect(sender.lines == Array(repeating: "413 The body is too large.", count: 12))
  }
}
