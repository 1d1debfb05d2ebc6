internal import ArgumentParser
internal import Secrets

struct SecretSetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "set",
    abstract: "Enter a secret: at a hidden prompt, or through standard input.",
    usage: "vesigate secret set [<options>]",
    discussion: """
      It becomes the file's current secret. The old one is still accepted for deliveries that were signed \
      before, where the layout signs a timestamp; --keep leaves it in the file instead, for senders that go \
      on signing with it, until vesigate secret retire. It also ends an unfinished rotation.

      Examples:
        vesigate secret set
        vesigate secret set --route /webhooks/stripe < /root/stripe-secret
      """)

  @OptionGroup var options: SecretTargetOptions

  @Flag(help: "Leave the old secrets in the file, below the new one.")
  var keep = false

  @Flag(help: "Accept nothing more that only the old secret verifies.")
  var compromised = false

  /// What is no option. A secret that was typed here by mistake is not said again, as an unknown word would be.
  @Argument(parsing: .allUnrecognized, help: .hidden)
  var words: [String] = []

  func validate() throws {
    guard words.isEmpty else {
      throw ValidationError(
        "a secret is never an argument, where others can see it (your shell's history may hold it now): enter it at "
          + "the prompt, or through standard input. --route names the route, another word is not known here")
    }
    guard !keep || !compromised else { throw ValidationError("give --keep or --compromised, not both") }
  }

  func run() throws {
    let target = try options.target()
    do {
      let folder = try target.folder()
      let lock = try target.lock(folder, command: "set")
      try withExtendedLifetime(lock) {
        guard let secret = SecretEntry.read(prompt: "the secret of \(target.path) (it is not shown): ") else {
          complain("vesigate: no secret was entered: nothing was changed")
          throw ExitStatus.data
        }
        try SecretChange(target: target, folder: folder).set(
          secret, keepsOld: keep, compromised: compromised)
      }
    } catch let failure as FileFailure {
      throw fail(failure)
    }
  }
}
