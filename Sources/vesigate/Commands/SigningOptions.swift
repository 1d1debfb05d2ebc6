internal import ArgumentParser
internal import Configuration
internal import Formats
internal import Gateway
internal import Operations
internal import POSIX
internal import Secrets
internal import Signing

/// Whose secret and layout a command signs with: a route's of the configuration, or those named outright.
struct SigningOptions: ParsableArguments {
  @OptionGroup var config: ConfigOption

  @Option(
    help: ArgumentHelp("The route to sign for; may be left out when there is one.", valueName: "path"),
    completion: .custom { words, _, _ in Completions.routes(words) })
  var route: String?

  @Option(
    help: ArgumentHelp("Sign with this file's first secret, without a configuration.", valueName: "file"),
    completion: .file())
  var secretFile: String?

  @Option(
    help: ArgumentHelp("With --secret-file: the signature layout, by its preset's name.", valueName: "name"),
    completion: .list(SignatureLayout.presets.map(\.name)))
  var signature = "vesicash"

  @Option(help: ArgumentHelp("The timestamp to sign, as it shall stand in the header.", valueName: "text"))
  var timestamp: String?

  @Option(help: ArgumentHelp("The delivery's id, where the layout signs one.", valueName: "text"))
  var id: String?

  /// What is signed with, and for which route where a configuration says so.
  struct Signer {
    let layout: SignatureLayout
    let secrets: SecretSet
    var route: Route?
    var configuration: Configuration?
  }

  /// The signed headers for a body.
  func headers(for body: [UInt8]) throws -> SignedHeaders { try headers(for: body, by: signer()) }

  func headers(for body: [UInt8], by signer: Signer) throws -> SignedHeaders {
    let layout = signer.layout
    try check(timestamp, id, layout)
    let timestamp = timestamp ?? layout.timestampText(unixMilliseconds: Clocks.now().unixMilliseconds)
    let id = id ?? "msg_\(String(UInt64.random(in: .min ... .max), radix: 36))"
    return body.withUnsafeBytes {
      SignedHeaders(body: $0, layout: layout, key: signer.secrets.keys[0], timestamp: timestamp, id: id)
    }
  }

  /// What no gateway would take is no header to print: a line end in it would even begin another one.
  private func check(_ timestamp: String?, _ id: String?, _ layout: SignatureLayout) throws {
    guard let flaw = Self.flaw(timestamp: timestamp, id: id, layout) else { return }
    complain("vesigate: \(flaw)")
    throw ExitStatus.usage
  }

  static func flaw(timestamp: String?, id: String?, _ layout: SignatureLayout) -> String? {
    if let timestamp, layout.timestampSource != .none, !layout.isTimestamp(timestamp) {
      return "--timestamp must be \(layout.timestampGrammar)"
    }
    if let id, layout.idSource != .none, !Array(id.utf8).withUnsafeBytes({ SignedValue.isID($0) }) {
      return "--id must be 1 to \(SignedValue.idBytesMax) letters, digits, hyphens and underscores"
    }
    return nil
  }

  /// - Parameters:
  ///   - path: the route that a command names by another word than `--route`.
  ///   - url: where it is posted; where nothing else says which route is meant, its path may.
  func signer(route path: String? = nil, url: String? = nil) throws -> Signer {
    if let secretFile { return Signer(layout: try preset(), secrets: try read(secretFile)) }
    let loaded = try config.load()
    let ofURL = url.flatMap { RouteChoice.path(of: $0, in: loaded) }
    let found = try RouteChoice.choose(path ?? route ?? ofURL, in: loaded)
    return Signer(
      layout: found.layout, secrets: loaded.snapshot.secrets[found.secretFileIndex], route: found,
      configuration: loaded.configuration)
  }

  private func preset() throws -> SignatureLayout {
    guard let layout = SignatureLayout.preset(named: signature) else {
      let names = SignatureLayout.presets.map(\.name)
      complain(
        "vesigate: there is no signature layout \(signature); there are \(names.joined(separator: ", "))"
          + Suggestion.ending(for: signature, among: names))
      throw ExitStatus.usage
    }
    return layout
  }

  private func read(_ path: String) throws -> SecretSet {
    do throws(SecretFileProblem) {
      return try SecretFile.read(path).secretSet(keyDecoding: keyDecoding())
    } catch {
      complain("vesigate: \(error)")
      throw error.kind == .permission ? ExitStatus.permission : ExitStatus.configuration
    }
  }

  private func keyDecoding() -> SignatureLayout.KeyDecoding {
    SignatureLayout.preset(named: signature)?.keyDecoding ?? .raw
  }
}

extension SignatureLayout {
  fileprivate func isTimestamp(_ text: String) -> Bool {
    Array(text.utf8).withUnsafeBytes {
      SignedValue.unixMilliseconds($0, unit: timestampUnit, digits: timestampDigits) != nil
    }
  }

  /// What completes "must be".
  fileprivate var timestampGrammar: String {
    let digits = timestampDigits.map { "in \($0) digits" } ?? "in at most 15 digits"
    return switch timestampUnit {
    case .seconds: "a Unix time in seconds, \(digits)"
    case .milliseconds: "a Unix time in milliseconds, \(digits)"
    case .rfc3339: "a date and time as RFC 3339 writes them, such as 2026-11-21T20:37:00Z"
    }
  }
}

/// Finds the route that a command means.
enum RouteChoice {
  static func choose(_ path: String?, in loaded: Loaded) throws -> Route {
    let routes = loaded.snapshot.routes.all
    guard let path else {
      guard routes.count == 1 else {
        let names = shown(routes.map(\.name))
        complain("vesigate: there are \(routes.count) routes: say which with --route: \(names)")
        throw ExitStatus.usage
      }
      return routes[0]
    }
    guard let route = loaded.snapshot.routes.route(called: path) else {
      complain("vesigate: there is no route \(path); \(known(routes.map(\.name), like: path))")
      throw ExitStatus.usage
    }
    return route
  }

  /// Of a URL, where exactly one route has it. A front may have led another one there, so it is a guess.
  static func path(of url: String, in loaded: Loaded) -> String? {
    let behindScheme = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
    let path = behindScheme.drop { $0 != "/" }.prefix { $0 != "?" && $0 != "#" }
    let having = loaded.snapshot.routes.all.filter { $0.path.text == path }
    return having.count == 1 ? having[0].path.text : nil
  }

  /// That the running daemon has no such route, and which it has.
  static func missing(_ route: String?, _ client: ControlClient) -> String {
    let names = (try? client.status())?.routes.map(\.name) ?? []
    let sentence = "the daemon has no route \(route ?? "")"
    return names.isEmpty ? sentence : "\(sentence); \(known(names, like: route ?? ""))"
  }

  private static let shownMax = 20

  /// As many as a person reads, and the one that was meant, perhaps.
  static func known(_ paths: [String], like path: String) -> String {
    "there \(paths.count == 1 ? "is" : "are") \(shown(paths))" + Suggestion.ending(for: path, among: paths)
  }

  static func shown(_ paths: [String]) -> String {
    paths.prefix(shownMax).joined(separator: ", ") + (paths.count > shownMax ? ", ..." : "")
  }
}
