internal import Gateway

/// Reads `rotation:`, how a route's secret is replaced at its provider.
enum RotationReader {
  static let providers = ["vesicash"]
  static let apiDefault = "https://api.mor.vesicash.com"

  static func read(_ reader: NodeReader) -> RotationSettings? {
    guard let fields = reader.mapping(Schema.rotation, "a mapping with api-key-file") else { return nil }
    var settings = RotationSettings()
    settings.provider = provider(fields["provider"]) ?? settings.provider
    settings.api = fields["api"].map { api($0) ?? "" } ?? apiDefault
    settings.apiKeyFile =
      fields.required("api-key-file", "is missing: it names the file that holds the provider's API key")?
      .absolutePath() ?? ""
    settings.publicKeyFile = fields["public-key-file"]?.absolutePath()
    fields.readNumbers(NumberSetting.all, into: &settings)
    return settings
  }

  private static func provider(_ reader: NodeReader?) -> String? {
    guard let reader, let name = reader.text(NodeReader.oneOf(providers)) else { return nil }
    if providers.contains(name) { return name }
    reader.refuse("must be \(NodeReader.oneOf(providers))" + Suggestion.ending(for: name, among: providers))
    return nil
  }

  /// The key goes out with every call, so nothing but https leaves this machine.
  private static func api(_ reader: NodeReader) -> String? {
    guard let text = reader.text("the API's base URL") else { return nil }
    let url: UpstreamURL
    do { url = try UpstreamURL(text) } catch {
      reader.refuse(error.sentence)
      return nil
    }
    let isLoopback =
      url.unixSocketPath == nil
      && (url.host == "127.0.0.1" || url.host == "localhost"
        || url.host == "[::1]")
    guard url.unixSocketPath == nil, url.query == nil, url.isTLS || isLoopback else {
      reader.refuse(
        "must begin with https:// (http:// for 127.0.0.1, [::1] or localhost only), without a query")
      return nil
    }
    return text.hasSuffix("/") ? String(text.dropLast()) : text
  }
}

/// What routes must agree on where they share a secret, or an account.
struct RotationAgreement {
  private struct Account: Hashable {
    var api: String
    var keyFile: String
  }

  private var byFile: [String: (settings: RotationSettings?, source: SourcePlace)] = [:]
  private var byAccount: [Account: (file: String, source: SourcePlace)] = [:]

  mutating func add(_ route: RouteSettings, _ source: SourcePlace, _ report: Report) {
    guard !route.secretFile.isEmpty else { return }
    if let other = byFile[route.secretFile], other.settings != route.rotation {
      report.refuse(
        source,
        "must be the same as on line \(other.source.place.line): both routes share \(route.secretFile)")
    } else if byFile[route.secretFile] == nil {
      byFile[route.secretFile] = (route.rotation, source)
    }
    guard let rotation = route.rotation, !rotation.api.isEmpty, !rotation.apiKeyFile.isEmpty else { return }
    let account = Account(api: rotation.api, keyFile: rotation.apiKeyFile)
    if let other = byAccount[account], other.file != route.secretFile {
      report.refuse(
        source,
        "has the api and the key of line \(other.source.place.line), but another secret file: "
          + "the provider has one secret for an account")
    } else {
      byAccount[account] = (route.secretFile, source)
    }
  }
}
