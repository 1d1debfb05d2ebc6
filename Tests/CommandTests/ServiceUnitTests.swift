import Foundation
import TestSupport
import Testing

private let environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]

/// What `secret set` says on a machine that has the package, with no daemon running: in a world of its own, which has a
/// `/run` and control groups as systemd makes them.
@Suite(
  .ownThread,
  .enabled(if: Machine.canMount, "only root, where it may mount, can have a /run of its own"))
struct ServiceUnitTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    try configure(control: directory.path + "/control.sock")
  }

  private func configure(control: String) throws {
    try directory.write(
      "vesigate.yaml",
      """
      listen: 127.0.0.1:0
      control: \(control)
      routes:
        - path: /hook
          secret-file: \(directory.path)/secret
          upstreams: [http://127.0.0.1:9/]
      """, mode: 0o644)
  }

  /// What is said of the first secret, where the shell has made the world by `making`.
  private func said(_ making: String) throws -> [String] {
    let script = """
      mount -t tmpfs none /run && mount -t tmpfs none /sys/fs/cgroup && \(making) \
      && printf 'a-secret-of-some-length' | "$@"
      """
    let child = try ChildProcess(
      [
        "unshare", "--mount", "sh", "-c", script, "sh", try GatewayBinary.path(), "secret", "set", "--config",
        directory.path + "/vesigate.yaml",
      ], environment: environment)
    #expect(child.waitForExit(within: 60) == 0, "\(child.lines)")
    return child.lines
  }

  @Test func `the first secret of a service that does not run leads to its start`() throws {
    let hint = "note: vesigate does not run: systemctl start vesigate starts it, with this secret"
    let unit = "mkdir -p /run/systemd/system && touch /run/systemd/system/vesigate.service"
    #expect(try said(unit).contains(hint))
    // Without systemd, without the unit, and while it has processes.
    for world in [
      "true", "mkdir -p /run/systemd/system",
      "\(unit) && mkdir -p /sys/fs/cgroup/system.slice/vesigate.service",
    ] {
      let lines = try said(world)
      #expect(
        !lines.contains(hint) && lines.contains { $0.contains("no daemon answers at") }, "\(world) \(lines)")
    }
  }

  @Test func `the first secret of another instance leads to that instance's start`() throws {
    try configure(control: "/run/vesigate-shop/control.sock")
    let hint = "note: vesigate@shop does not run: systemctl start vesigate@shop starts it, with this secret"
    // The first service runs.
    let unit = "mkdir -p /run/systemd/system && touch /run/systemd/system/vesigate@.service"
    let first = "mkdir -p /sys/fs/cgroup/system.slice/vesigate.service"
    #expect(try said("\(unit) && \(first)").contains(hint))
    let runs = "mkdir -p /sys/fs/cgroup/system.slice/system-vesigate.slice/vesigate@shop.service"
    #expect(try !said("\(unit) && \(runs)").contains(hint))
    #expect(
      try !said("mkdir -p /run/systemd/system && touch /run/systemd/system/vesigate.service").contains(hint))
  }
}
