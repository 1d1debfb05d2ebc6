import Foundation
import TestSupport
import Testing

@Suite struct HostileFileTests {
  /// By the signal and by the command, one after the other.
  @Test(.timeLimit(.minutes(10)))
  func `a configuration of any depth changes nothing, and the daemon lives on`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let config = GatewayConfig.text(upstreams: [upstream.url()], top: "control: {dir}/control.sock")
      let gateway = try GatewayProcess(config: config)
      for nested in NestedText.all {
        try gateway.writeConfig(nested.text)
        let seen = gateway.log.count
        try gateway.reload(expecting: "reload refused, the old configuration and secrets stay in force")
        #expect(
          gateway.log.dropFirst(seen).contains { $0.contains("must not be nested deeper than 32 levels") },
          "\(nested.name)")
        let asked = try GatewayProcess.command(
          ["reload", "--config", gateway.configPath],
          environment: ["VESIGATE_CONTROL": gateway.directory.path + "/control.sock"])
        #expect(asked.status == 78, "\(nested.name): \(asked.lines.prefix(3))")
        #expect(try gateway.status(signedWith: GatewayProcess.secret) == 200, "\(nested.name)")
      }
      try gateway.writeConfig(config)
      try gateway.reload()
      #expect(gateway.terminate() == 0)
    }
  }
}
