import Foundation
import TestSupport
import Testing

/// Where the secret file and the API key lie: what no daemon would read costs no secret, and no stranger's file is
/// taken for one of ours.
@Suite(.enabled(if: geteuid() == 0, "only root can give files away")) struct PlaceTests {
  private static let stranger: uid_t = 1

  private func set(_ secret: String, _ fixture: RotationFixture, _ more: String = "") throws -> (
    status: Int32, text: String
  ) {
    let command = "printf %s \"$2\" | \"$0\" secret set --config \"$1\" \(more)"
    let child = try ChildProcess(
      ["sh", "-c", command, try GatewayBinary.path(), fixture.gateway.configPath, secret],
      environment: ["PATH": "/usr/bin:/bin"])
    let status = try #require(child.waitForExit(within: 60))
    return (status, child.lines.joined(separator: "\n"))
  }

  @Test(.timeLimit(.minutes(5)))
  func `a place where the daemon reads no secret is said before the old one is dead`() async throws {
    try await onThread {
      let fixture = try RotationFixture(seed: 60, behaviour: .rotate(delayMillisecondsMax: 0))
      let folder = (fixture.secretPath as NSString).deletingLastPathComponent
      let old = fixture.provider.current.secret
      chmod(folder, 0o777)
      let sentence = "where every user can replace it (mode 0777): chmod o-w \(folder)"
      for more in [["--dry-run"], [], ["--no-daemon"], ["--resume"]] {
        let (status, text) = try fixture.rotate(more)
        #expect(status == 77 && text.contains(sentence), "\(more) \(text)")
      }
      let (status, text) = try set("a-new-secret-of-some-length", fixture)
      #expect(status == 77 && text.contains(sentence), "\(text)")
      #expect(fixture.provider.calls == 0 && fixture.storedSecret == old && fixture.leftovers == [])
      chmod(folder, 0o755)
      chown(fixture.secretPath, Self.stranger, 0)
      #expect(try fixture.rotate(["--no-daemon"]).status == 77)
      #expect(fixture.provider.calls == 0 && fixture.storedSecret == old)
      chown(fixture.secretPath, 0, 0)
      #expect(try fixture.rotate().status == 0)
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a stranger's files beside the secret make none of his deliveries pass`() async throws {
    try await onThread {
      let fixture = try RotationFixture(seed: 61, behaviour: .rotate(delayMillisecondsMax: 0))
      let folder = (fixture.secretPath as NSString).deletingLastPathComponent
      chmod(folder, 0o1777)
      func plant(_ text: String, _ companion: String) throws {
        let path = fixture.secretPath + companion
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        chmod(path, 0o640)
        chown(path, Self.stranger, Self.stranger)
      }
      let his = "mallorys-secret-0123456789"
      try plant("9999999999999 9999999999999 \(his)\n", ".previous")
      try plant("\(his)\n", ".next")
      let (resumed, said) = try fixture.rotate(["--resume"])
      #expect(resumed == 0 && said.contains("no rotation is unfinished"), "\(said)")
      #expect(
        said.contains(
          "warning: \(fixture.secretPath).previous belongs to the user daemon, who could write anything into it: "
            + "remove it; what it says does not count"), "\(said)")
      let mine = "a-new-secret-of-some-length"
      #expect(try set(mine, fixture).status == 0)
      #expect(try fixture.status(signedWith: his) == 401)
      #expect(try fixture.status(signedWith: mine) == 200)
      try plant("vesigate-journal: 1\nbegan: 9\nstep: calling\nmode: call\n", ".journal")
      #expect(try fixture.status(signedWith: his) == 401)
      try plant("9999999999999 9999999999999 \(his)\n", ".previous")
      #expect(try fixture.rotate().status == 0)
      #expect(try fixture.status(signedWith: his) == 401)
      #expect(try fixture.status(signedWith: fixture.provider.current.secret) == 200)
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `an API key that a stranger could replace calls nobody`() async throws {
    try await onThread {
      let fixture = try RotationFixture(seed: 62, behaviour: .rotate(delayMillisecondsMax: 0))
      let key = fixture.directory.path + "/api-key"
      chown(key, Self.stranger, 0)
      for more in [["--dry-run"], []] {
        let (status, text) = try fixture.rotate(more)
        #expect(status == 77 && text.contains("\(key) belongs to the user daemon"), "\(more) \(text)")
      }
      let check = try GatewayProcess.command(["check", "--config", fixture.gateway.configPath])
      #expect(check.lines.contains { $0.contains("the API key in \(key) belongs to the user daemon") })
      #expect(fixture.provider.calls == 0)
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }
}
