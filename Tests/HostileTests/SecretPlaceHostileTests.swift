import Foundation
import TestSupport
import Testing

/// Row S02: a secret that others could read or replace is no secret. Start refuses, a reload keeps the old one.
@Suite(.ownThread, .enabled(if: isRoot, "only root can give files away")) struct SecretPlaceHostileTests {
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
    guard symlink(target, directory + "/secret") == 0 else { throw HarnessError("symlink: \(errno)") }
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
  ]

  private func gateway(_ upstream: RecordingUpstream, in directory: TemporaryDirectory? = nil) throws
    -> GatewayProcess
  {
    try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()]),
      files: ["secret": GatewayProcess.secret + "\n"], unprivileged: true, directory: directory)
  }

  @Test(arguments: places.indices)
  func `S02 a reload keeps the old secret and says what to do`(index: Int) throws {
    let place = Self.places[index]
    let upstream = try RecordingUpstream()
    let gateway = try gateway(upstream)
    let directory = gateway.directory.path
    HostileTable.row("S02", "reload: " + place.name, expected: "refused, the old secret holds") {
      try gateway.replaceSecrets(["new secret"])
      try place.make(directory)
      let seen = gateway.log.count
      try gateway.reload(expecting: "reload refused, the old configuration and secrets stay in force")
      let sentence = place.sentence.replacingOccurrences(of: "{dir}", with: directory)
      let said = gateway.log.dropFirst(seen).filter { $0.contains("level=error") }
      try FaultStage.hold(said.contains { $0.contains(sentence) }, "\(said)")
      try FaultStage.hold(try gateway.status() == 200, "the old secret does not hold")
      try FaultStage.hold(try gateway.status(signedWith: "new secret") == 401, "the new secret holds")
      return "refused, the old secret holds"
    }
    #expect(gateway.terminate() == 0)
  }

  @Test(arguments: places.indices)
  func `S02 a start refuses and says what to do`(index: Int) throws {
    let place = Self.places[index]
    let upstream = try RecordingUpstream()
    let first = try gateway(upstream)
    let directory = first.directory
    #expect(first.terminate() == 0)
    HostileTable.row("S02", "start: " + place.name, expected: "77, one sentence") {
      try place.make(directory.path)
      let child = try ChildProcess(
        [
          "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", try GatewayBinary.publicPath(),
          "run",
          "--config", directory.path + "/vesigate.yaml",
        ], environment: ["PATH": "/usr/bin:/bin"])
      let status = child.waitForExit(within: 30) ?? -1
      let sentence = place.sentence.replacingOccurrences(of: "{dir}", with: directory.path)
      try FaultStage.hold(child.lines.contains { $0.contains(sentence) }, "\(child.lines)")
      return "\(status), one sentence"
    }
  }

  @Test func `S02 a link into a directory like that of systemd's credentials is fine`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try gateway(upstream)
    HostileTable.row("S02", "a link into root's directory", expected: "200") {
      let folder = try Self.folder(gateway.directory.path, mode: 0o750, owner: 0)
      chown(folder + "/secret", 0, 65_534)
      try Self.link(gateway.directory.path, to: folder + "/secret")
      try gateway.reload()
      return String(try gateway.status(signedWith: "new secret"))
    }
  }
}
