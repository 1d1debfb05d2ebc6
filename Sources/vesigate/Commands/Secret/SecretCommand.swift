internal import ArgumentParser

struct SecretCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "secret",
    abstract: "Replace, enter, list and retire webhook secrets without losing a delivery.",
    discussion: """
      All of these change files only beside the secret file, each as a whole, and tell the running daemon \
      over its control socket. A secret is never an argument and never printed: fingerprints stand for it.

      Exit codes: 0 success; 3 rotated, but the new secret's key is so short that it can be guessed (it is in \
      force); 64 wrong usage; 65 what was entered cannot be a secret; 69 no daemon answers, \
      or the API cannot be reached (surely nothing rotated); 73 the file system is read-only; 74 the disk is \
      full or broken; 75 try again: another command holds the lock, the API asks to wait (nothing rotated), \
      or the outcome is unknown after all attempts; 76 the API refused the request (nothing rotated); 77 \
      permission denied for a file, or the API key is not accepted (nothing rotated); 78 the configuration \
      is not usable.

      Examples:
        vesigate secret set
        vesigate secret list
        vesigate secret rotate --dry-run
      """,
    subcommands: [
      SecretRotateCommand.self, SecretSetCommand.self, SecretListCommand.self, SecretRetireCommand.self,
      SecretNewCommand.self,
    ])
}
