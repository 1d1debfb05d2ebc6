internal import ArgumentParser
internal import Formats
internal import Secrets
internal import Signing

struct SecretNewCommand: ParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case base64url, hex, base64, whsec
  }

  static let configuration = CommandConfiguration(
    commandName: "new",
    abstract: "Make a random secret of 256 bits, for layouts whose secret is yours to choose, and for tests.",
    usage: "vesigate secret new [<options>]",
    discussion: """
      It goes to standard output. With --write it goes into the secret file instead, as vesigate secret set \
      would put it there, and is not shown.

      Examples:
        vesigate secret new --format whsec
        vesigate secret new --write --route /webhooks/github
      """)

  @OptionGroup var options: SecretTargetOptions

  @Option(help: "How to write it: \(Format.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: Format?

  @Flag(help: "Put it into the secret file.")
  var write = false

  func run() throws {
    guard write else { return print(Self.text(format ?? .base64url)) }
    let target = try options.target()
    do {
      let folder = try target.folder()
      let lock = try target.lock(folder, command: "new")
      try withExtendedLifetime(lock) {
        let secret = Secret(Array(Self.text(format ?? Self.format(for: target.layout.keyDecoding)).utf8))
        try SecretChange(target: target, folder: folder).set(secret, keepsOld: false, compromised: false)
      }
    } catch let failure as FileFailure {
      throw fail(failure)
    }
  }

  private static func format(for decoding: SignatureLayout.KeyDecoding) -> Format {
    switch decoding {
    case .raw: .base64url
    case .hex: .hex
    case .base64: .base64
    case .whsec: .whsec
    }
  }

  /// From the kernel's generator, which is what Swift's is.
  private static func text(_ format: Format) -> String {
    var generator = SystemRandomNumberGenerator()
    let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    return switch format {
    case .base64url: Base64.encode(bytes, alphabet: .url).filter { $0 != "=" }
    case .hex: Hex.encode(bytes)
    case .base64: Base64.encode(bytes)
    case .whsec: "whsec_" + Base64.encode(bytes)
    }
  }
}
