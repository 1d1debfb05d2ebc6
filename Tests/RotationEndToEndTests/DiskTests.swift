import Foundation
import Signing
import TestSupport
import Testing

/// A small file system of a test's own: the honest way to a full disk.
final class SmallDisk: Sendable {
  private let directory: TemporaryDirectory
  let path: String

  init(bytes: Int) throws {
    directory = try TemporaryDirectory()
    path = directory.path + "/disk"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    guard mount("none", path, "tmpfs", 0, "size=\(bytes)") == 0 else { throw FixtureError("mount: \(errno)") }
    chmod(path, 0o755)
  }

  deinit { umount2(path, Int32(MNT_DETACH)) }

  /// Writes until nothing more goes in, but so many bytes.
  func fill(leavingBytes left: Int = 0) throws {
    let descriptor = open(path + "/filler", O_WRONLY | O_CREAT, 0o600)
    guard descriptor >= 0 else { throw FixtureError("filler: \(errno)") }
    defer { close(descriptor) }
    let block = [UInt8](repeating: 7, count: 4096)
    while write(descriptor, block, block.count) > 0 {}
    var status = stat()
    fstat(descriptor, &status)
    ftruncate(descriptor, max(status.st_size - left, 0))
  }

  func clear() { unlink(path + "/filler") }

  func remount(readOnly: Bool) throws {
    let flags = UInt(MS_REMOUNT) | (readOnly ? UInt(MS_RDONLY) : 0)
    guard mount("none", path, "tmpfs", flags, nil) == 0 else { throw FixtureError("remount: \(errno)") }
  }
}

@Suite struct DiskTests {
  @Test(
    .enabled(if: Machine.canMount, "only root, where it may mount, can make a small disk"),
    .timeLimit(.minutes(10)))
  func `a full disk shows before the provider is called`() async throws {
    try await onThread {
      let disk = try SmallDisk(bytes: 256 * 1024)
      let fixture = try RotationFixture(
        seed: 20, behaviour: .rotate(delayMillisecondsMax: 0), secrets: disk.path + "/secrets")
      let old = fixture.provider.current.secret
      // From no room at all to room for some of the files, but not for all.
      for left in [0, 4096, 8192, 12_288, 16_384, 20_480, 24_576] {
        try disk.fill(leavingBytes: left)
        let (status, text) = try fixture.rotate()
        disk.clear()
        guard status != 0 else { continue }
        #expect(status == 74 && text.contains("No space left on device"), "\(left) left: \(text)")
        #expect(fixture.provider.calls == 0 && fixture.storedSecret == old, "\(left) left")
        #expect(try fixture.status(signedWith: old) == 200)
        #expect(try fixture.refusesForgery())
      }
      let (status, text) = try fixture.rotate()
      #expect(status == 0, "\(text)")
      #expect(fixture.storedSecret == fixture.provider.current.secret && fixture.leftovers == [])
      #expect(fixture.leaks() == [])
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(
    .enabled(if: Machine.canMount, "only root, where it may mount, can make a small disk"),
    .timeLimit(.minutes(10)))
  func `a disk that fills up during the call does not lose the answer`() async throws {
    try await onThread {
      let disk = try SmallDisk(bytes: 256 * 1024)
      let fixture = try RotationFixture(
        seed: 21, behaviour: .rotate(delayMillisecondsMax: 0), secrets: disk.path + "/secrets")
      fixture.provider.behave(.silence)
      let child = try fixture.spawn(["--attempts", "2"])
      #expect(eventually { fixture.provider.calls == 1 })
      try disk.fill()
      // The first call is given up after fifteen seconds; the second is answered onto a full disk.
      fixture.provider.behave(.rotate(delayMillisecondsMax: 0))
      let status = child.waitForExit(within: 60)
      let stored = fixture.storedSecret
      #expect(fixture.provider.secrets.contains(stored ?? ""), "one whole known secret, whatever happened")
      if status == 0 {
        #expect(stored == fixture.provider.current.secret)
      } else {
        #expect(status == 74 && fixture.exists(".journal"), "\(child.lines)")
        #expect(try fixture.status(signedWith: stored ?? "") == 200)
      }
      disk.clear()
      let (healed, text) = try fixture.rotate()
      #expect(healed == 0, "\(text)")
      #expect(fixture.storedSecret == fixture.provider.current.secret && fixture.leftovers == [])
      #expect(try fixture.status(signedWith: fixture.provider.current.secret) == 200)
      #expect(fixture.leaks() == [])
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(
    .enabled(if: Machine.canMount, "only root, where it may mount, can make a small disk"),
    .timeLimit(.minutes(10)))
  func `an answer on a full disk is taken into use, though nobody can be told who does it`() async throws {
    try await onThread {
      let disk = try SmallDisk(bytes: 256 * 1024)
      let fixture = try RotationFixture(
        seed: 25, behaviour: .rotate(delayMillisecondsMax: 0), secrets: disk.path + "/secrets")
      let answer = "an-answer-that-is-on-the-disk"
      let fingerprint = Secret(Array(answer.utf8)).fingerprint
      try Data("\(answer)\n".utf8).write(to: URL(fileURLWithPath: fixture.secretPath + ".next"))
      chmod(fixture.secretPath + ".next", 0o640)
      let journal =
        "vesigate-journal: 1\nbegan: \(Int64(Date().timeIntervalSince1970 * 1000))\nstep: received\nmode: call\n"
        + "compromised: no\nattempt: 1\nnew: \(fingerprint)\n"
      try Data(journal.utf8).write(to: URL(fileURLWithPath: fixture.secretPath + ".journal"))
      chmod(fixture.secretPath + ".journal", 0o640)
      // As an earlier command left it: an empty file that has no block yet.
      try Data().write(to: URL(fileURLWithPath: fixture.secretPath + ".lock"))
      chmod(fixture.secretPath + ".lock", 0o600)
      try disk.fill()
      let (status, text) = try fixture.rotate(["--resume", "--compromised"])
      #expect(status == 0, "\(text)")
      #expect(fixture.storedSecret == answer)
      #expect(try fixture.status(signedWith: answer) == 200)
      #expect(fixture.provider.calls == 0)
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(
    .enabled(if: Machine.canMount, "only root, where it may mount, can make a disk read-only"),
    .timeLimit(.minutes(10)))
  func `a read-only file system shows before the provider is called`() async throws {
    try await onThread {
      let disk = try SmallDisk(bytes: 256 * 1024)
      let fixture = try RotationFixture(
        seed: 22, behaviour: .rotate(delayMillisecondsMax: 0), secrets: disk.path + "/secrets")
      try disk.remount(readOnly: true)
      let (status, text) = try fixture.rotate()
      #expect(status == 73 && text.contains("Read-only file system"), "\(text)")
      #expect(fixture.provider.calls == 0)
      #expect(try fixture.status(signedWith: fixture.provider.current.secret) == 200)
      try disk.remount(readOnly: false)
      #expect(try fixture.rotate().status == 0)
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(
    .enabled(if: Machine.canMount, "only root, where it may mount, can make a file a mount"),
    .timeLimit(.minutes(10))
  )
  func `a secret file that is a mount shows before the provider is called, and set leaves nothing behind`()
    async throws
  {
    try await onThread {
      let fixture = try RotationFixture(seed: 24, behaviour: .rotate(delayMillisecondsMax: 0))
      let old = fixture.provider.current.secret
      let host = fixture.directory.path + "/host-secret"
      try FileManager.default.copyItem(atPath: fixture.secretPath, toPath: host)
      try #require(mount(host, fixture.secretPath, nil, UInt(MS_BIND), nil) == 0)
      defer { umount2(fixture.secretPath, Int32(MNT_DETACH)) }
      let sentence =
        "\(fixture.secretPath) is a mount of its own, so that no other file can take its place: "
        + "mount the folder that it lies in, not the file"
      for more in [["--dry-run"], [], ["--compromised"]] {
        let (status, text) = try fixture.rotate(more)
        #expect(status == 74 && text.contains(sentence), "\(more) \(text)")
        #expect(
          fixture.provider.calls == 0 && fixture.leftovers == [] && !fixture.exists(".previous"), "\(more)")
      }
      let set = "printf a-new-secret-of-some-length | \"$0\" secret set --config \"$1\""
      let child = try ChildProcess(
        ["sh", "-c", set, try GatewayBinary.path(), fixture.gateway.configPath],
        environment: ["PATH": "/usr/bin:/bin"])
      #expect(child.waitForExit(within: 60) == 74)
      #expect(child.lines.contains { $0.contains(sentence) }, "\(child.lines)")
      #expect(fixture.leftovers == [] && !fixture.exists(".previous"))
      #expect(try fixture.status(signedWith: old) == 200)
      #expect(umount2(fixture.secretPath, Int32(MNT_DETACH)) == 0)
      #expect(try fixture.rotate().status == 0)
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(
    .enabled(if: Machine.canMount, "only root, where it may mount, can make a disk read-only"),
    .timeLimit(.minutes(2)))
  func `a secret that everybody may read on a read-only mount is refused with what helps there`() async throws
  {
    try await onThread {
      let disk = try SmallDisk(bytes: 256 * 1024)
      let directory = try TemporaryDirectory()
      let secret = disk.path + "/secret"
      try Data("a-secret-of-some-length\n".utf8).write(to: URL(fileURLWithPath: secret))
      let config = GatewayConfig.text(upstreams: ["http://127.0.0.1:9/"], route: "secret-file: \(secret)")
        .replacingOccurrences(of: "{port}", with: "8480")
        .replacingOccurrences(of: "{dir}", with: directory.path)
      let path = try directory.write("vesigate.yaml", config, mode: 0o644)
      chmod(secret, 0o444)
      func check() throws -> (status: Int32, lines: [String]) {
        try GatewayProcess.command(["check", "--config", path])
      }
      #expect(try check().lines.contains { $0.contains("(mode 0444): chmod 0640 it") })
      try disk.remount(readOnly: true)
      let refused = try check()
      #expect(refused.status == 77)
      let sentence =
        "(mode 0444), on a read-only mount: give it mode 0440 and the daemon's group where it is mounted"
      #expect(refused.lines.contains { $0.contains(sentence) }, "\(refused.lines)")
      try disk.remount(readOnly: false)
      chmod(secret, 0o440)
      try disk.remount(readOnly: true)
      #expect(try check().status == 0)
    }
  }

  @Test(.enabled(if: geteuid() == 0, "only root can become another user"), .timeLimit(.minutes(10)))
  func `a user to whom directory or files do not belong is refused before the call`() async throws {
    try await onThread {
      let fixture = try RotationFixture(seed: 23, behaviour: .rotate(delayMillisecondsMax: 0))
      let old = fixture.provider.current.secret
      let binary = try TemporaryDirectory()
      let program = binary.path + "/vesigate"
      try FileManager.default.copyItem(atPath: GatewayBinary.path(), toPath: program)
      let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program]
      func rotate() throws -> (status: Int32?, text: String) {
        let child = try ChildProcess(
          nobody + fixture.arguments(), environment: ["PATH": "/usr/bin:/bin:/usr/sbin:/sbin"])
        let status = child.waitForExit(within: 30)
        return (status, child.lines.joined(separator: "\n"))
      }
      let folder = fixture.directory.path + "/secrets"
      // The API key is another's.
      let first = try rotate()
      #expect(first.status == 77 && first.text.contains("user with id 65534"), "\(first.text)")
      // The key is his own, the directory is not.
      chown(fixture.directory.path + "/api-key", 65_534, 65_534)
      let second = try rotate()
      #expect(second.status == 77 && second.text.contains("Permission denied"), "\(second.text)")
      // Nor may its owner write into it.
      chown(folder, 65_534, 65_534)
      chmod(folder, 0o550)
      let third = try rotate()
      #expect(third.status == 77 && third.text.contains("Permission denied"), "\(third.text)")
      #expect(fixture.provider.calls == 0 && fixture.storedSecret == old)
      #expect(try fixture.status(signedWith: old) == 200)
      #expect(fixture.leaks() == [])
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }
}
