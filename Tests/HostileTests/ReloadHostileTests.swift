import Foundation
import TestSupport
import Testing

/// New secrets, unfit files and signals at the wrong time.
@Suite(.ownThread) struct ReloadHostileTests {
  private func gateway(_ upstream: RecordingUpstream) throws -> GatewayProcess {
    try GatewayProcess(
      config: GatewayConfig.text(
        upstreams: [upstream.url()], top: "control: {dir}/control.sock"), unprivileged: Machine.isRoot)
  }

  @Test func `a replaced file and a SIGHUP bring the new secret into force`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try gateway(upstream)
    HostileTable.row(.reload, "replaced and SIGHUP", expected: "new 200, old 401") {
      try gateway.replaceSecrets(["new"])
      try gateway.reload()
      let new = try gateway.status(signedWith: "new")
      return "new \(new), old \(try gateway.status())"
    }
    HostileTable.row(.reload, "the old one kept on the second line", expected: "new 200, old 200, older 401")
    {
      try gateway.replaceSecrets(["newer", "new"])
      try gateway.reload()
      let statuses = try ["newer", "new", GatewayProcess.secret].map { try gateway.status(signedWith: $0) }
      return "new \(statuses[0]), old \(statuses[1]), older \(statuses[2])"
    }
  }

  private static let unfit: [(String, @Sendable (String) throws -> Void)] = [
    ("missing", { unlink($0) }),
    ("empty", { try Self.fill($0, "") }),
    ("unreadable", { chmod($0, 0) }),
    ("mode 0644", { chmod($0, 0o644) }),
    (
      "a directory",
      {
        unlink($0)
        mkdir($0, 0o750)
      }
    ),
    (
      "a FIFO",
      {
        unlink($0)
        mkfifo($0, 0o640)
      }
    ),
    ("of 1 GiB", { guard truncate($0, 1 << 30) == 0 else { throw FixtureError("truncate") } }),
    ("with a NUL inside", { try Self.fill($0, "ne\0w\n") }),
  ]

  private static func fill(_ path: String, _ text: String) throws {
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try file.truncate(atOffset: 0)
    try file.write(contentsOf: Data(text.utf8))
  }

  @Test func `an unfit file leaves the old secret in force, and everybody is told`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try gateway(upstream)
    for (name, spoil) in Self.unfit {
      HostileTable.row(.unfitFile, "the file " + name, expected: "1 error, reload exits 78 or 77, old 200") {
        try spoil(gateway.secretPath)
        if name == "a directory" || name == "a FIFO" { try gateway.giveToItsUser(gateway.secretPath) }
        let seen = gateway.log.count
        let answer = try GatewayProcess.command(["reload", "--wait", "--config", gateway.configPath])
        try FaultFixture.hold(
          [77, 78].contains(answer.status), "reload --wait exits \(answer.status): \(answer.lines)")
        try gateway.waitForLog(containing: "reload refused", from: seen)
        let errors = gateway.log.dropFirst(seen).filter {
          $0.contains("level=error") && !$0.contains("reload refused")
        }
        let status = try gateway.status()
        rmdir(gateway.secretPath)
        try gateway.replaceSecrets([GatewayProcess.secret])
        try gateway.reload()
        return "\(errors.count) error, reload exits 78 or 77, old \(status)"
      }
    }
  }

  @Test func `a file that is half written never gives a mix`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try gateway(upstream)
    let whole = "0123456789abcdef0123456789abcdef"
    HostileTable.row(
      .halfWritten, "half written and left so, no signal",
      expected: "old 200, half 200 after 50 ms, whole 200"
    ) {
      let old = try gateway.status()
      // In place, so that there is a state between old and new.
      try Self.fill(gateway.secretPath, String(whole.prefix(10)))
      let start = Date()
      let half = try gateway.status(signedWith: String(whole.prefix(10)))
      // Not sooner; load makes it later.
      let isSettled = Date().timeIntervalSince(start) >= 0.05
      try Self.fill(gateway.secretPath, whole)
      let full = try gateway.status(signedWith: whole)
      return "old \(old), half \(half) \(isSettled ? "after 50 ms" : "at once"), whole \(full)"
    }
    HostileTable.row(
      .halfWritten, "half written and SIGHUP, then whole and SIGHUP",
      expected: "half 200, then half 401, whole 200"
    ) {
      try gateway.replaceSecrets([String(whole.prefix(10))])
      try gateway.reload()
      let half = try gateway.status(signedWith: String(whole.prefix(10)))
      try gateway.replaceSecrets([whole])
      try gateway.reload()
      let after = try gateway.status(signedWith: String(whole.prefix(10)))
      return "half \(half), then half \(after), whole \(try gateway.status(signedWith: whole))"
    }
  }

  @Test func `signals during start and drain, and two at once, are all heard`() throws {
    let upstream = try RecordingUpstream { _ in .ok.after(milliseconds: 600) }
    let gateway = try gateway(upstream)
    HostileTable.row(
      .untimelySignal, "SIGHUP twice at once, then in the drain",
      expected: "200, exit 0, last secret in force"
    ) {
      gateway.signal(SIGHUP)
      try gateway.replaceSecrets(["last"])
      gateway.signal(SIGHUP)
      gateway.signal(SIGHUP)
      try FaultFixture.hold(
        eventually { (try? gateway.status()) == 401 }, "the last secret is not in force")
      // What the first secret verified until then went there too.
      let earlier = upstream.requests.count
      let client = try gateway.connect()
      try client.send(SignedRequest().with { $0.secret = "last" }.bytes)
      try FaultFixture.hold(eventually { upstream.requests.count > earlier }, "it did not arrive")
      gateway.signal(SIGTERM)
      for _ in 0..<50 {
        gateway.signal(SIGHUP)
        usleep(2_000)
      }
      let status = try client.response().status
      return "\(status), exit \(gateway.waitForExit(within: 30) ?? -1), last secret in force"
    }
  }
}
