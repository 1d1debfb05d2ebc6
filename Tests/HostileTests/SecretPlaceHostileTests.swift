import Foundation
import TestSupport
import Testing

/// A secret that others could read or replace is no secret. Start refuses, a reload keeps the old one.
@Suite(.ownThread, .enabled(if: Machine.isRoot, "only root can give files away"))
struct SecretPlaceHostileTests {
  struct Place: Sendable {
    let name: String
    /// What is said of it, with `{dir}` for the test's directory.
    let sentence: String
    let make: @Sendable (_ directory: String) throws -> Void
  }

  /// Who is neither root nor the daemon's user.
  private static let stranger: uid_t = 1

  private static func link(_ directory: String, to target: String) throws {
    unlink(directory + "/secret")
    guard symlink(target, directory + "/secret") == 0 else { throw FixtureError("symlink: \(errno)") }
    lchown(directory + "/secret", 65_534, 65_534)
  }

  /// A directory of this mode and owner below the test's, with a fit secret in it.
  private static func folder(_ directory: String, mode: mode_t, owner: uid_t) throws -> String {
    let path = directory + "/folder"
    mkdir(path, 0o755)
    try Data("new secret\n".utf8).write(to: URL(fileURLWithPath: path + "/secret"))
    chmod(path + "/secret", 0o640)
    chown(path + "/secret", 65_534, 65_534)
    chown(path, owner, 65_534)
    chmod(path, mode)
    return path
  }

  static let places: [Place] = [
    Place(name: "mode 0644", sentence: "is open to every user (mode 0644): chmod 0640 it") {
      chmod($0 + "/secret", 0o644)
    },
    Place(name: "mode 0604", sentence: "is open to every user (mode 0604): chmod 0640 it") {
      chmod($0 + "/secret", 0o604)
    },
    Place(name: "mode 0660", sentence: "can be written by its group (mode 0660): chmod 0640 it") {
      chmod($0 + "/secret", 0o660)
    },
    Place(
      name: "of another user",
      sentence: "belongs to the user daemon, who could change it: chown root:nogroup it, then chmod 0640 it"
    ) {
      chown($0 + "/secret", stranger, 65_534)
    },
    Place(
      name: "in a world-writable directory",
      sentence: "lies below {dir}, where every user can replace it (mode 0777): chmod o-w {dir}"
    ) {
      chmod($0, 0o777)
    },
    Place(
      name: "in a directory that its group writes",
      sentence: "lies in {dir}, where its group can replace it (mode 0775): chmod g-w {dir}"
    ) {
      chmod($0, 0o775)
    },
    Place(
      name: "in a directory of another user",
      sentence: "lies below {dir}, which belongs to the user daemon, who could replace it: chown root {dir}"
    ) {
      chown($0, stranger, 65_534)
    },
    Place(
      name: "a link into a world-writable directory",
      sentence: "lies below {dir}/folder, where every user can replace it (mode 0777): chmod o-w {dir}/folder"
    ) {
      try link($0, to: folder($0, mode: 0o777, owner: 65_534) + "/secret")
    },
    Place(
      name: "a link below another user's directory",
      sentence: "lies below {dir}/folder, which belongs to the user daemon, who could replace it: "
        + "chown root {dir}/folder"
    ) {
      try link($0, to: folder($0, mode: 0o755, owner: stranger) + "/secret")
    },
    Place(
      name: "a link of another user",
      sentence: "is a link that belongs to the user daemon, who could lead it elsewhere: "
        + "chown -h root {dir}/secret"
    ) {
      try link($0, to: folder($0, mode: 0o755, owner: 65_534) + "/secret")
      lchown($0 + "/secret", stranger, 65_534)
    },
    Place(
      name: "a link of another user between two links",
      sentence: "is reached by the link {dir}/hops/hop, which belongs to the user daemon, who could lead it "
        + "elsewhere: chown -h root {dir}/hops/hop"
    ) {
      mkdir($0 + "/hops", 0o755)
      chown($0 + "/hops", 65_534, 65_534)
      symlink(try folder($0, mode: 0o755, owner: 65_534) + "/secret", $0 + "/hops/hop")
      lchown($0 + "/hops/hop", stranger, 65_534)
      try link($0, to: "hops/hop")
    },
    Place(
      name: "a link between, in another user's directory",
      sentence: "lies below {dir}/hops, which belongs to the user daemon, who could replace it: "
        + "chown root {dir}/hops"
    ) {
      mkdir($0 + "/hops", 0o755)
      symlink(try folder($0, mode: 0o755, owner: 65_534) + "/secret", $0 + "/hops/hop")
      lchown($0 + "/hops/hop", 65_534, 65_534)
      chown($0 + "/hops", stranger, 65_534)
      try link($0, to: "hops/hop")
    },
    Place(
      name: "a link between, in a directory that its group writes",
      sentence: "lies in {dir}/hops, where its group can replace it (mode 0775): chmod g-w {dir}/hops"
    ) {
      mkdir($0 + "/hops", 0o755)
      symlink(
        "../" + (try folder($0, mode: 0o755, owner: 65_534)).split(separator: "/").last! + "/secret",
        $0 + "/hops/hop")
      lchown($0 + "/hops/hop", 65_534, 65_534)
      chown($0 + "/hops", 65_534, 65_534)
      chmod($0 + "/hops", 0o775)
      try link($0, to: "hops/hop")
    },
    Place(
      name: "below a directory that its group writes",
      sentence: "lies below {dir}/outer, where its group can replace it (mode 0775): chmod g-w {dir}/outer"
    ) {
      mkdir($0 + "/outer", 0o755)
      _ = try folder($0 + "/outer", mode: 0o755, owner: 65_534)
      chown($0 + "/outer", 65_534, 65_534)
      chmod($0 + "/outer", 0o775)
      try link($0, to: "outer/folder/secret")
    },
    Place(
      name: "below another user's link in a sticky directory",
      sentence:
        "is reached by the link {dir}/sticky/current, which belongs to the user daemon, who could lead it "
        + "elsewhere: chown -h root {dir}/sticky/current"
    ) {
      // Not for all to write: there the kernel's own guard, where it is set, follows no such link.
      mkdir($0 + "/sticky", 0o755)
      chown($0 + "/sticky", 65_534, 65_534)
      chmod($0 + "/sticky", 0o1775)
      symlink(try folder($0, mode: 0o755, owner: 65_534), $0 + "/sticky/current")
      lchown($0 + "/sticky/current", stranger, 65_534)
      try link($0, to: "sticky/current/secret")
    },
  ]

  private func gateway(_ upstream: RecordingUpstream, in directory: TemporaryDirectory? = nil) throws
    -> GatewayProcess
  {
    try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()]),
      files: ["secret": GatewayProcess.secret + "\n"], unprivileged: true, directory: directory)
  }

  @Test(arguments: places.indices)
  func `a reload keeps the old secret and says what to do`(index: Int) throws {
    let place = Self.places[index]
    let upstream = try RecordingUpstream()
    let gateway = try gateway(upstream)
    let directory = gateway.directory.path
    HostileTable.row(.secretPlace, "reload: " + place.name, expected: "refused, the old secret holds") {
      try gateway.replaceSecrets(["new secret"])
      try place.make(directory)
      let seen = gateway.log.count
      try gateway.reload(expecting: "reload refused, the old configuration and secrets stay in force")
      let sentence = place.sentence.replacingOccurrences(of: "{dir}", with: directory)
      let said = gateway.log.dropFirst(seen).filter { $0.contains("level=error") }
      try FaultFixture.hold(said.contains { $0.contains(sentence) }, "\(said)")
      try FaultFixture.hold(try gateway.status() == 200, "the old secret does not hold")
      try FaultFixture.hold(try gateway.status(signedWith: "new secret") == 401, "the new secret holds")
      return "refused, the old secret holds"
    }
    #expect(gateway.terminate() == 0)
  }

  @Test(arguments: places.indices)
  func `a start refuses and says what to do`(index: Int) throws {
    let place = Self.places[index]
    let upstream = try RecordingUpstream()
    let first = try gateway(upstream)
    let directory = first.directory
    #expect(first.terminate() == 0)
    HostileTable.row(.secretPlace, "start: " + place.name, expected: "77, one sentence") {
      try place.make(directory.path)
      let child = try ChildProcess(
        [
          "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", try GatewayBinary.publicPath(),
          "run",
          "--config", directory.path + "/vesigate.yaml",
        ], environment: ["PATH": "/usr/bin:/bin"])
      let status = child.waitForExit(within: 30) ?? -1
      let sentence = place.sentence.replacingOccurrences(of: "{dir}", with: directory.path)
      try FaultFixture.hold(child.lines.contains { $0.contains(sentence) }, "\(child.lines)")
      return "\(status), one sentence"
    }
  }

  @Test func `a link into a directory like that of systemd's credentials is fine`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try gateway(upstream)
    HostileTable.row(.secretPlace, "a link into root's directory", expected: "200") {
      let folder = try Self.folder(gateway.directory.path, mode: 0o750, owner: 0)
      chown(folder + "/secret", 0, 65_534)
      try Self.link(gateway.directory.path, to: folder + "/secret")
      try gateway.reload()
      return String(try gateway.status(signedWith: "new secret"))
    }
  }

  /// Lines of it are known to all: `cancelled_write_bytes: 0`.
  private static let guessed = "cancelled_write_bytes: 0"

  @Test func `a comment that is written above the secret lets no forgery pass`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try gateway(upstream)
    try gateway.replaceSecrets(["# old, until May", "new secret"])
    #expect(try gateway.status(signedWith: "# old, until May") == 401)
    #expect(try gateway.status(signedWith: GatewayProcess.secret) == 200)
    try gateway.reload(expecting: "reload refused, the old configuration and secrets stay in force")
    #expect(try gateway.status(signedWith: "# old, until May") == 401)
    #expect(!gateway.log.contains { $0.contains("until May") })
    try gateway.replaceSecrets(["#literal:# old, until May"])
    try gateway.reload()
    #expect(try gateway.status(signedWith: "# old, until May") == 200)
    #expect(gateway.terminate() == 0)
  }

  @Test func `a reload warns of what is odd about a secret`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try gateway(upstream)
    for (index, reloads) in [true, false].enumerated() {
      let seen = gateway.log.count
      try gateway.replaceSecrets(["\"a-quoted-secret-of-some-length-\(index)\""])
      if reloads {
        try gateway.reload()
      } else {
        #expect(try gateway.status(signedWith: "a guess") == 401)
      }
      try gateway.waitForLog(
        containing: "holds in line 1 a secret that stands in quotation marks", from: seen)
    }
    #expect(gateway.log.filter { $0.contains("quotation marks") }.allSatisfy { $0.contains("level=warning") })
    #expect(!gateway.log.contains { $0.contains("a-quoted-secret") })
    #expect(gateway.terminate() == 0)
  }

  @Test func `what the kernel writes is no secret, and a start refuses it`() throws {
    let upstream = try RecordingUpstream()
    let first = try gateway(upstream)
    let directory = first.directory
    #expect(first.terminate() == 0)
    for (file, kind) in [("/proc/self/io", "procfs"), ("/sys/kernel/vmcoreinfo", "sysfs")]
    where access(file, F_OK) == 0 {
      try Self.link(directory.path, to: file)
      lchown(directory.path + "/secret", 0, 0)
      let child = try ChildProcess(
        [
          "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", try GatewayBinary.publicPath(),
          "run", "--config", directory.path + "/vesigate.yaml",
        ], environment: ["PATH": "/usr/bin:/bin"])
      #expect(child.waitForExit(within: 30) == 77)
      let sentence = "/secret lies on \(kind), where the kernel writes what anybody can guess: name a file"
      #expect(child.lines.contains { $0.contains(sentence) }, "\(child.lines)")
    }
  }

  @Test func `a link that is led to what the kernel writes lets no forgery pass`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url()]))
    let secret = gateway.directory.path + "/secret"
    unlink(secret)
    symlink("/proc/self/io", secret)
    // Without a signal: a delivery that fails has the file looked at.
    #expect(try gateway.status(signedWith: Self.guessed) == 401)
    #expect(try gateway.status(signedWith: GatewayProcess.secret) == 200)
    try gateway.reload(expecting: "reload refused, the old configuration and secrets stay in force")
    #expect(gateway.log.contains { $0.contains("lies on procfs") })
    #expect(try gateway.status(signedWith: Self.guessed) == 401)
    #expect(gateway.terminate() == 0)
  }
}
