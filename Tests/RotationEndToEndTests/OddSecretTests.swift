import Foundation
import TestSupport
import Testing

/// Secrets that a provider or an operator may come with, and that look like something else.
@Suite struct OddSecretTests {
  private static func answer(_ secret: String) -> String {
    ProviderSimulator.response(200, "{\"status\":\"success\",\"data\":{\"webhook_secret\":\"\(secret)\"}}")
  }

  /// Enters a text as it comes through a pipe.
  private func set(_ text: String, _ stage: RotationStage) throws -> (status: Int32, text: String) {
    let command = "printf %b \"$2\" | \"$0\" secret set --config \"$1\""
    let child = try ChildProcess(
      ["sh", "-c", command, try GatewayBinary.path(), stage.gateway.configPath, text],
      environment: ["PATH": "/usr/bin:/bin"])
    let status = child.waitForExit(within: 60) ?? -1
    return (status, child.lines.joined(separator: "\n"))
  }

  @Test(.timeLimit(.minutes(5)))
  func `a provider's secret that begins with a number sign verifies, also once it is replaced`() async throws
  {
    try await onThread {
      let odd = "#not-a-comment-but-a-secret"
      let stage = try RotationStage(seed: 70, behaviour: .swapAndAnswer(Self.answer(odd)))
      let (status, text) = try stage.rotate()
      #expect(status == 0, "\(text)")
      #expect(String(decoding: stage.contents(), as: UTF8.self) == "#literal:\(odd)\n")
      #expect(try stage.status(signedWith: odd) == 200)
      #expect(try set("the-next-secret-of-all", stage).status == 0)
      #expect(String(decoding: stage.contents(".previous"), as: UTF8.self).contains(" #literal:\(odd)\n"))
      // Signed before it was replaced.
      #expect(try stage.status(signedWith: odd, shiftSeconds: -5) == 200)
      #expect(try set(odd, stage).status == 0)
      #expect(try stage.status(signedWith: odd) == 200)
      #expect(stage.gateway.terminate() == 0)
      stage.stop()
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a provider's secret that can be guessed is stored, with a warning and a status of its own`()
    async throws
  {
    try await onThread {
      let stage = try RotationStage(seed: 71, behaviour: .swapAndAnswer(Self.answer("a")))
      let (status, text) = try stage.rotate()
      #expect(status == 3, "\(text)")
      #expect(text.contains("is in force now"))
      #expect(text.contains("is a key of only 1 byte, which can be guessed"), "\(text)")
      #expect(stage.storedSecret == "a" && stage.leftovers == [])
      #expect(try stage.status(signedWith: "a") == 200)
      #expect(stage.gateway.terminate() == 0)
      stage.stop()
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `what is entered is told by its length and its oddities, and never shown`() async throws {
    try await onThread {
      let stage = try RotationStage(seed: 72)
      let odd = try set("SECRET=\\0302\\0240sim5ecret-as-pasted ", stage)
      #expect(odd.status == 0)
      #expect(odd.text.contains("is stored (28 characters)"), "\(odd.text)")
      for sentence in [
        "has a name and = before it", "has a blank at an edge", "holds a character that is not ASCII",
      ] { #expect(odd.text.contains("warning: the secret ") && odd.text.contains(sentence), "\(odd.text)") }
      let comment = try set("# the secret of Vesicash, see the wiki", stage)
      #expect(comment.status == 0 && comment.text.contains("is stored (38 characters)"), "\(comment.text)")
      #expect(
        comment.text.contains("begins with #; if that is a comment, enter the secret itself"),
        "\(comment.text)")
      let note = try set("sim5ecret-of-some-length # note", stage)
      #expect(note.status == 0 && note.text.contains("holds a blank and # behind it"), "\(note.text)")
      let two = try set("a-first-line\\na-second-line\\n", stage)
      #expect(two.status == 65)
      #expect(two.text == "vesigate: what was entered is more than one line: nothing was changed")
      stage.heard.note(odd.text + two.text)
      #expect(stage.leaks() == [])
      #expect(stage.gateway.terminate() == 0)
      stage.stop()
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func
    `a rotation whose journal cannot be read is brought to its end by a newer secret, when that is agreed to`()
    async throws
  {
    try await onThread {
      let stage = try RotationStage(seed: 74, behaviour: .rotate(delayMillisecondsMax: 0))
      let old = stage.provider.current.secret
      try Data(repeating: 0, count: 70_000).write(to: URL(fileURLWithPath: stage.secretPath + ".journal"))
      // Whether the provider was called, nobody knows, and without a terminal nobody can be asked.
      let careful = try GatewayProcess.command(
        ["secret", "rotate", "--resume", "--config", stage.gateway.configPath])
      #expect(careful.status == 75 && stage.provider.calls == 0, "\(careful.lines)")
      #expect(careful.lines.contains { $0.contains("it is unknown whether the provider made a new secret") })
      #expect(stage.storedSecret == old && stage.leftovers == ["vesicash.journal"])
      let (status, text) = try stage.rotate(["--resume"])
      #expect(status == 0 && stage.provider.calls == 1, "\(text)")
      #expect(stage.storedSecret == stage.provider.current.secret && stage.storedSecret != old)
      #expect(stage.leftovers == [])
      #expect(try stage.status(signedWith: stage.provider.current.secret) == 200)
      #expect(try stage.refusesForgery())
      #expect(stage.leaks() == [])
      #expect(stage.gateway.terminate() == 0)
      stage.stop()
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a journal that cannot be read is listed, and forgotten on demand`() async throws {
    try await onThread {
      let stage = try RotationStage(seed: 73)
      try Data(repeating: 0, count: 70_000).write(to: URL(fileURLWithPath: stage.secretPath + ".journal"))
      let list = try GatewayProcess.command(["secret", "list", "--config", stage.gateway.configPath])
      #expect(list.status == 0)
      #expect(list.lines.contains { $0.contains("rotation unfinished since") }, "\(list.lines)")
      let (status, text) = try stage.rotate(["--abandon"])
      #expect(
        status == 0 && text.contains("it is set aside as \(stage.secretPath).journal.unreadable"), "\(text)")
      #expect(stage.leftovers == ["vesicash.journal.unreadable"])
      #expect(try stage.refusesForgery())
      #expect(stage.provider.calls == 0)
      #expect(stage.gateway.terminate() == 0)
      stage.stop()
    }
  }
}
