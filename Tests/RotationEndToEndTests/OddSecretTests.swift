import Foundation
import TestSupport
import Testing

/// Secrets that a provider or an operator may come with, and that look like something else.
@Suite struct OddSecretTests {
  private static func answer(_ secret: String) -> String {
    ProviderSimulator.response(200, "{\"status\":\"success\",\"data\":{\"webhook_secret\":\"\(secret)\"}}")
  }

  /// Enters a text as it comes through a pipe.
  private func set(_ text: String, _ fixture: RotationFixture) throws -> (status: Int32, text: String) {
    let command = "printf %b \"$2\" | \"$0\" secret set --config \"$1\""
    let child = try ChildProcess(
      ["sh", "-c", command, try GatewayBinary.path(), fixture.gateway.configPath, text],
      environment: ["PATH": "/usr/bin:/bin"])
    let status = child.waitForExit(within: 60) ?? -1
    return (status, child.lines.joined(separator: "\n"))
  }

  @Test(.timeLimit(.minutes(5)))
  func `a provider's secret that begins with a number sign verifies, also once it is replaced`() async throws
  {
    try await onThread {
      let odd = "#not-a-comment-but-a-secret"
      let fixture = try RotationFixture(seed: 70, behaviour: .swapAndAnswer(Self.answer(odd)))
      let (status, text) = try fixture.rotate()
      #expect(status == 0, "\(text)")
      #expect(String(decoding: fixture.contents(), as: UTF8.self) == "#literal:\(odd)\n")
      #expect(try fixture.status(signedWith: odd) == 200)
      #expect(try set("the-next-secret-of-all", fixture).status == 0)
      #expect(String(decoding: fixture.contents(".previous"), as: UTF8.self).contains(" #literal:\(odd)\n"))
      // Signed before it was replaced.
      #expect(try fixture.status(signedWith: odd, shiftSeconds: -5) == 200)
      #expect(try set(odd, fixture).status == 0)
      #expect(try fixture.status(signedWith: odd) == 200)
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a provider's secret that can be guessed is stored, with a warning and a status of its own`()
    async throws
  {
    try await onThread {
      let fixture = try RotationFixture(seed: 71, behaviour: .swapAndAnswer(Self.answer("a")))
      let (status, text) = try fixture.rotate()
      #expect(status == 3, "\(text)")
      #expect(text.contains("is in force now"))
      #expect(text.contains("is a key of only 1 byte, which can be guessed"), "\(text)")
      #expect(fixture.storedSecret == "a" && fixture.leftovers == [])
      #expect(try fixture.status(signedWith: "a") == 200)
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `what is entered is told by its length and its oddities, and never shown`() async throws {
    try await onThread {
      let fixture = try RotationFixture(seed: 72)
      let odd = try set("SECRET=\\0302\\0240sim5ecret-as-pasted ", fixture)
      #expect(odd.status == 0)
      #expect(odd.text.contains("is stored (28 characters)"), "\(odd.text)")
      for sentence in [
        "has a name and = before it", "has a blank at an edge", "holds a character that is not ASCII",
      ] { #expect(odd.text.contains("warning: the secret ") && odd.text.contains(sentence), "\(odd.text)") }
      let comment = try set("# the secret of Vesicash, see the wiki", fixture)
      #expect(comment.status == 0 && comment.text.contains("is stored (38 characters)"), "\(comment.text)")
      #expect(
        comment.text.contains("begins with #; if that is a comment, enter the secret itself"),
        "\(comment.text)")
      let note = try set("sim5ecret-of-some-length # note", fixture)
      #expect(note.status == 0 && note.text.contains("holds a blank and # behind it"), "\(note.text)")
      let two = try set("a-first-line\\na-second-line\\n", fixture)
      #expect(two.status == 65)
      #expect(two.text == "vesigate: what was entered is more than one line: nothing was changed")
      fixture.heard.note(odd.text + two.text)
      #expect(fixture.leaks() == [])
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func
    `a rotation whose journal cannot be read is brought to its end by a newer secret, when that is agreed to`()
    async throws
  {
    try await onThread {
      let fixture = try RotationFixture(seed: 74, behaviour: .rotate(delayMillisecondsMax: 0))
      let old = fixture.provider.current.secret
      try Data(repeating: 0, count: 70_000).write(to: URL(fileURLWithPath: fixture.secretPath + ".journal"))
      // Whether the provider was called, nobody knows, and without a terminal nobody can be asked.
      let careful = try GatewayProcess.command(
        ["secret", "rotate", "--resume", "--config", fixture.gateway.configPath])
      #expect(careful.status == 75 && fixture.provider.calls == 0, "\(careful.lines)")
      #expect(careful.lines.contains { $0.contains("it is unknown whether the provider made a new secret") })
      #expect(fixture.storedSecret == old && fixture.leftovers == ["vesicash.journal"])
      let (status, text) = try fixture.rotate(["--resume"])
      #expect(status == 0 && fixture.provider.calls == 1, "\(text)")
      #expect(fixture.storedSecret == fixture.provider.current.secret && fixture.storedSecret != old)
      #expect(fixture.leftovers == [])
      #expect(try fixture.status(signedWith: fixture.provider.current.secret) == 200)
      #expect(try fixture.refusesForgery())
      #expect(fixture.leaks() == [])
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a journal that cannot be read is listed, and forgotten on demand`() async throws {
    try await onThread {
      let fixture = try RotationFixture(seed: 73)
      try Data(repeating: 0, count: 70_000).write(to: URL(fileURLWithPath: fixture.secretPath + ".journal"))
      let list = try GatewayProcess.command(["secret", "list", "--config", fixture.gateway.configPath])
      #expect(list.status == 0)
      #expect(list.lines.contains { $0.contains("rotation unfinished since") }, "\(list.lines)")
      let (status, text) = try fixture.rotate(["--abandon"])
      #expect(
        status == 0 && text.contains("it is set aside as \(fixture.secretPath).journal.unreadable"), "\(text)"
      )
      #expect(fixture.leftovers == ["vesicash.journal.unreadable"])
      #expect(try fixture.refusesForgery())
      #expect(fixture.provider.calls == 0)
      #expect(fixture.gateway.terminate() == 0)
      fixture.stop()
    }
  }
}
