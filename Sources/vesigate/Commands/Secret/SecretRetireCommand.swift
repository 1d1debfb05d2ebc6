internal import ArgumentParser
internal import Secrets
internal import Signing

struct SecretRetireCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retire",
    abstract: "Stop accepting old secrets: all but the current one, or the one of a fingerprint.",
    usage: "vesigate secret retire [<options>]",
    discussion: """
      Examples:
        vesigate secret retire --route /webhooks/stripe
        vesigate secret retire --fingerprint 89c811ef
      """)

  @OptionGroup var options: SecretTargetOptions

  @Option(
    help: ArgumentHelp("Only this one; vesigate secret list shows them.", valueName: "fingerprint"),
    completion: .custom { words, _, _ in Completions.fingerprints(words) })
  var fingerprint: String?

  func run() throws {
    let target = try options.target()
    do {
      let folder = try target.folder()
      let lock = try target.lock(folder, command: "retire")
      try withExtendedLifetime(lock) { try retire(target, folder) }
    } catch let failure as FileFailure {
      throw fail(failure)
    }
  }

  private func retire(_ target: SecretTarget, _ folder: SecretFolder) throws {
    guard try folder.journal() == nil else {
      complain(
        "vesigate: a rotation of \(target.path) is unfinished: nothing was changed, end it first "
          + "(vesigate secret rotate --resume\(target.options))")
      throw ExitStatus.temporary
    }
    let secrets = try folder.secrets()
    guard let current = secrets.first else {
      complain("vesigate: \(target.path) holds no secret")
      throw ExitStatus.configuration
    }
    let previous = try folder.previous()?.entries ?? []
    let leaving = (Array(secrets.dropFirst()) + previous.map(\.secret)).map(\.fingerprint)
      .filter { fingerprint == nil || $0 == fingerprint }
    guard !leaving.isEmpty else { return try nothing(target, current.fingerprint) }
    let change = SecretChange(target: target, folder: folder)
    try change.check()
    try folder.dropPrevious(fingerprint: fingerprint)
    let staying = secrets.dropFirst().filter { fingerprint != nil && $0.fingerprint != fingerprint }
    if staying.count + 1 < secrets.count { try folder.writeSecrets([current] + staying) }
    print(
      "\(target.path): \(leaving.joined(separator: ", ")) retired; "
        + "secret \(current.fingerprint) stays in force"
    )
    try change.receipt(current.fingerprint)
  }

  private func nothing(_ target: SecretTarget, _ current: String) throws {
    guard let fingerprint else {
      return print("\(target.path): only secret \(current) is accepted, nothing to retire")
    }
    complain(
      fingerprint == current
        ? "vesigate: \(fingerprint) is the current secret of \(target.path): rotate or set replaces it"
        : "vesigate: \(target.path) has no secret \(fingerprint); vesigate secret list shows what it has")
    throw ExitStatus.usage
  }
}
