internal import Formats
internal import Gateway
public import Signing

extension Configuration {
  /// The configuration with every default filled in, as YAML that reads back to an equal one. Each secret
  /// file is followed by the fingerprints of its secrets where `secrets`, in the order of `secretFiles`,
  /// are given.
  public func effectiveText(secrets: [SecretSet] = []) -> String {
    var writer = YAMLWriter()
    writer.listen(listen)
    writer.line("control", control.map(YAMLWriter.quoted) ?? "none")
    writer.section("admin") { $0.admin(admin) }
    writer.inspector(inspector)
    writer.trustedProxies(trustedProxies)
    if case .count(let count) = workers {
      writer.line("workers", "\(count)")
    } else {
      writer.line("workers", "auto")
    }
    writer.section("log") {
      $0.line("level", log.level.rawValue)
      $0.line("format", log.format.rawValue)
      $0.line("deliveries", log.deliveries.rawValue)
      $0.line("fields", YAMLWriter.list(log.fields.map(\.text)))
      $0.line("refused-per-minute-max", log.refusedPerMinuteMax.map(String.init) ?? "unlimited")
    }
    writer.section("limits") { writer in
      writer.numbers(NumberSetting.all, of: limits)
    }
    writer.section("store") { $0.store(store) }
    writer.open("routes")
    for (route, index) in zip(routes, secretFileIndexes.ofRoutes) {
      writer.route(route, fingerprints: secrets.indices.contains(index) ? secrets[index].fingerprints : [])
    }
    return writer.text
  }
}

/// Writes settings line by line.
struct YAMLWriter {
  private(set) var text = ""
  private var indent = ""
  /// Stands before the next line's key when an element of a list begins.
  private var dash = false

  mutating func line(_ key: String, _ value: String, comment: String = "") {
    let start = dash ? indent.dropLast(2) + "- " : indent[...]
    dash = false
    text += "\(start)\(key): \(value)\(comment.isEmpty ? "" : "  # \(comment)")\n"
  }

  mutating func open(_ key: String) {
    text += "\(dash ? indent.dropLast(2) + "- " : indent[...])\(key):\n"
    dash = false
  }

  mutating func section(_ key: String, _ body: (inout YAMLWriter) -> Void) {
    open(key)
    indent += "  "
    body(&self)
    indent.removeLast(2)
  }

  /// One element of a list of mappings.
  mutating func element(_ body: (inout YAMLWriter) -> Void) {
    indent += "    "
    dash = true
    body(&self)
    indent.removeLast(4)
  }

  /// In double quotes, so that no word is taken for anything but a text; what is not ASCII is escaped.
  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case " "..."~": quoted.unicodeScalars.append(scalar)
      default:
        quoted += "\\U" + Hex.encode(scalar.value)
      }
    }
    return quoted + "\""
  }

  static func list(_ texts: [String]) -> String {
    "[" + texts.map(quoted).joined(separator: ", ") + "]"
  }
}

extension YAMLWriter {
  mutating func listen(_ addresses: [ListenAddress]) {
    open("listen")
    for address in addresses {
      guard case .unix(let path, let mode, let group) = address else {
        text += "  - \(YAMLWriter.quoted(address.text))\n"
        continue
      }
      element {
        $0.line("unix", YAMLWriter.quoted(path))
        $0.line("mode", YAMLWriter.octal(mode))
        if let group { $0.line("group", YAMLWriter.quoted(group)) }
      }
    }
  }

  mutating func admin(_ address: ListenAddress?) {
    guard case .unix(let path, let mode, let group) = address else {
      return line("listen", address.map { YAMLWriter.quoted($0.text) } ?? "none")
    }
    section("listen") {
      $0.line("unix", YAMLWriter.quoted(path))
      $0.line("mode", YAMLWriter.octal(mode))
      if let group { $0.line("group", YAMLWriter.quoted(group)) }
    }
  }

  static func octal(_ mode: Int) -> String {
    let digits = String(mode, radix: 8)
    return "\"\(String(repeating: "0", count: 4 - digits.count))\(digits)\""
  }

  mutating func trustedProxies(_ trusted: TrustedProxies) {
    let blocks = trusted.blocks.map { "\($0.address.text)/\($0.prefixBits)" }
    line("trusted-proxies", YAMLWriter.list(blocks + (trusted.unix ? ["unix"] : [])))
  }

  mutating func route(_ route: RouteSettings, fingerprints: [String]) {
    element { writer in
      writer.line("path", YAMLWriter.quoted(route.path.text))
      writer.line("host", YAMLWriter.quoted(route.host ?? "*"))
      writer.line("methods", YAMLWriter.list(route.methods))
      writer.line(
        "secret-file", YAMLWriter.quoted(route.secretFile), comment: YAMLWriter.comment(fingerprints))
      writer.section("signature") { $0.layout(route.layout) }
      writer.line("observe", "\(route.observe)")
      writer.open("upstreams")
      for upstream in route.upstreams { writer.upstream(upstream) }
      writer.line("deliver", route.deliver.rawValue)
      writer.line("preserve-host", "\(route.preservesHost)")
      writer.line("verified-header", YAMLWriter.quoted(route.mark.name))
      writer.line("verified-value", YAMLWriter.quoted(route.mark.value))
      writer.line("trace", "\(route.traces)")
      writer.line("body-bytes-max", "\(route.bodyBytesMax)")
      writer.numbers(NumberSetting.all, of: route.times)
      if let rotation = route.rotation { writer.section("rotation") { $0.rotation(rotation) } }
      writer.durable(route)
      writer.line("test", "\(route.allowsTest)")
      writer.section("inspect") { $0.line("bodies", "\(route.keepsBodies)") }
    }
  }

  private static func comment(_ fingerprints: [String]) -> String {
    guard let current = fingerprints.first else { return "" }
    let others = fingerprints.dropFirst()
    let also = others.isEmpty ? "" : ", also accepted: " + others.joined(separator: ", ")
    return "current: \(current)" + also
  }

  mutating func upstream(_ upstream: UpstreamURL) {
    element {
      $0.line("url", YAMLWriter.quoted(upstream.text))
      guard upstream.isTLS else { return }
      if let file = upstream.tls.caFile { $0.line("ca-file", YAMLWriter.quoted(file)) }
      if let file = upstream.tls.certificateFile {
        $0.line("client-certificate-file", YAMLWriter.quoted(file))
      }
      if let file = upstream.tls.keyFile { $0.line("client-key-file", YAMLWriter.quoted(file)) }
      $0.line("tls-version-min", "\"\(upstream.tls.versionMin.rawValue)\"")
    }
  }

  mutating func rotation(_ rotation: RotationSettings) {
    line("provider", rotation.provider)
    line("api", YAMLWriter.quoted(rotation.api))
    line("api-key-file", YAMLWriter.quoted(rotation.apiKeyFile))
    if let file = rotation.publicKeyFile { line("public-key-file", YAMLWriter.quoted(file)) }
    numbers(NumberSetting.all, of: rotation)
  }

  mutating func layout(_ layout: SignatureLayout) {
    let preset = SignatureLayout.presets.first { $0.layout == layout }
    line("preset", preset?.name ?? "vesicash")
    line("header", YAMLWriter.quoted(layout.header))
    line("encoding", layout.encoding.rawValue)
    line("prefix", YAMLWriter.quoted(layout.prefix))
    line("list-separator", ListSeparator(layout.listSeparator)?.rawValue ?? "none")
    line("hash", layout.hash.rawValue)
    line("id-from", YAMLWriter.source(layout.idSource))
    line("timestamp-from", YAMLWriter.source(layout.timestampSource))
    line("timestamp-unit", layout.timestampUnit.rawValue)
    line("timestamp-digits", layout.timestampDigits.map(String.init) ?? "any")
    line("signed", YAMLWriter.quoted(layout.signed.text))
    line("key-decoding", layout.keyDecoding.rawValue)
    if case .seconds(let seconds) = layout.tolerance {
      line("tolerance-seconds", "\(seconds)")
    } else {
      line("tolerance-seconds", "unlimited")
    }
  }

  private static func source(_ source: SignatureLayout.Source) -> String {
    switch source {
    case .none: "none"
    case .header(let name): quoted("header:" + name)
    case .key(let name): quoted("key:" + name)
    }
  }
}
