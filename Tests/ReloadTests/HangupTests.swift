import Foundation
import TestSupport
import Testing

/// SIGHUP at every time of the process's life.
struct HangupTests {
  @Test(.timeLimit(.minutes(10)))
  func `hangups from the first moment to the last end nothing`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream({ _ in .ok.after(milliseconds: 1000) })
      let started = try StartedGateway(GatewayConfig.text(upstreams: [upstream.url()]))
      let child = started.child
      #expect(eventually { heedsHangups(child.pid) || child.status != nil })
      let hammer = Hammer(child.pid)
      _ = try child.waitForLine(containing: "msg=ready", within: 30)
      _ = try child.waitForLine(containing: "msg=reloaded")
      let client = try RawClient(port: started.port)
      try client.send(SignedRequest().bytes)
      #expect(try client.response().status == 200)
      // Into the drain, with a delivery under way, and to the very end.
      try client.send(SignedRequest().bytes)
      #expect(eventually { upstream.requests.count == 2 })
      child.signal(SIGTERM)
      #expect(try client.response().status == 200)
      #expect(child.waitForExit(within: 30) == 0)
      #expect(hammer.stop() > 100)
      #expect(child.lines.last?.contains("msg=stopped") == true)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `the change that came before a hangup is in force after it, however many came before`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url()]))
      for _ in 1...200 { gateway.signal(SIGHUP) }
      try gateway.replaceSecrets(["the last one"])
      gateway.signal(SIGHUP)
      // Old deliveries make nobody look here: only the signal can bring the new secret.
      #expect(eventually { (try? gateway.status(signedWith: GatewayProcess.secret)) == 401 })
      #expect(try gateway.status(signedWith: "the last one") == 200)
      #expect(gateway.terminate() == 0)
    }
  }

  /// Whether SIGHUP is ignored, caught or blocked by now.
  private func heedsHangups(_ pid: pid_t) -> Bool {
    let text = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
    guard text.hasPrefix("Name:\tvesigate") else { return false }
    return text.split(separator: "\n").contains { line in
      guard line.hasPrefix("SigIgn:") || line.hasPrefix("SigCgt:") || line.hasPrefix("SigBlk:") else {
        return false
      }
      return UInt64(line.split(separator: "\t").last ?? "", radix: 16).map { $0 & 1 == 1 } ?? false
    }
  }
}
