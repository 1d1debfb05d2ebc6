import Foundation
import Testing

/// The commands that docs/ prints for files and for signing, run as they are printed but for paths and ports.
struct CommandTests {
  private let sandbox: Sandbox
  private let begin = [Document("docs/configuration.md"), Document("docs/commands.md")].flatMap {
    $0.blocks("sh tested")
  }
  private let replace = Document("docs/rotation.md").blocks("sh tested")

  init() throws { sandbox = try Sandbox() }

  @Test func `the commands that are shown make a secret, replace it while deliveries come, and post`()
    async throws
  {
    try #require(begin.count == 2 && replace.count == 2)
    try prepare()
    #expect(try await shell(begin[0]).contains("ok, 1 route"))
    try await startGateway()
    try sandbox.write("the new secret\n", to: "root/new-secret")
    try sandbox.write("the secret that Vesicash's dashboard shows\n", to: "old-secret")

    #expect(try await post(signedWith: "old-secret") == 200)
    _ = try await shell(replace[0])
    // Reloaded or not yet: nothing is lost in between.
    #expect(try await post(signedWith: "root/new-secret") == 200)
    #expect(try await post(signedWith: "old-secret") == 200)
    try await reloads(1)

    _ = try await shell(replace[1])
    try await reloads(2)
    #expect(try await post(signedWith: "old-secret") == 401)
    #expect(try await post(signedWith: "root/new-secret") == 200)

    let answers = try await shell(begin[1])
    #expect(answers.matches(of: /HTTP\/1.1 200 OK/).count == 2, "\(answers)")
  }

  private func prepare() throws {
    let config = try sandbox.write(
      sandbox.moved(try #require(Document("docs/configuration.md").blocks("yaml").first)),
      to: "etc/vesigate/vesigate.yaml")
    // What only root, an installed package or systemd could do.
    try sandbox.write(
      "#!/bin/sh\nexec '\(Sandbox.vesigate)' \"$@\" --config '\(config)'\n", to: "bin/vesigate", mode: 0o700)
    try sandbox.write("#!/bin/sh\n", to: "bin/chgrp", mode: 0o700)
  }

  private func startGateway() async throws {
    let app = Document.root.appending(path: "scripts/demo-app.py").path
    let port = try #require(sandbox.moved("127.0.0.1:8000").split(separator: ":").last)
    try sandbox.start(["python3", app, String(port)], log: "app.log")
    try await sandbox.wait(for: "listening", in: "app.log")
    let gateway = try sandbox.start(["vesigate", "run"], log: "gateway.log")
    try await sandbox.wait(for: "msg=ready", in: "gateway.log")
    try sandbox.write(
      "#!/bin/sh\n[ \"$*\" = 'reload vesigate' ] && kill -HUP \(gateway.processIdentifier)\n",
      to: "bin/systemctl", mode: 0o700)
  }

  private func shell(_ block: String) async throws -> String {
    let outcome = try await sandbox.run(["bash", "-euo", "pipefail", "-c", sandbox.moved(block)])
    #expect(outcome.status == 0, "\(block)\n\(outcome.text)")
    return outcome.text
  }

  /// The status that a delivery signed with that file's secret gets.
  private func post(signedWith secretFile: String) async throws -> Int? {
    let body = try sandbox.write("{}", to: "body.json")
    let outcome = try await sandbox.run([
      Sandbox.vesigate, "send", "--secret-file", sandbox.folder.path + "/" + secretFile, "--url",
      sandbox.moved("http://127.0.0.1:8480/webhooks/vesicash"), body,
    ])
    return outcome.text.firstMatch(of: /^HTTP\/1.1 (\d+)/).flatMap { Int($0.1) }
  }

  private func reloads(_ count: Int) async throws {
    try await sandbox.wait("\(count) reloads") {
      sandbox.read("gateway.log").matches(of: /msg=reloaded/).count == count
    }
  }
}
