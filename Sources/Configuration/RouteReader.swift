internal import Formats
internal import Gateway
internal import HTTP
internal import Signing

/// Where a route's settings stand, for what can be judged only later.
struct RouteSources: Sendable {
  var route: SourcePlace
  var secretFile: SourcePlace
  /// The line of `signature:`, or that of `secret-file:` where the layout is the default.
  var signature: SourcePlace
  var rotation: SourcePlace
  /// One for each upstream.
  var tlsFiles: [TLSFiles]
}

/// Reads one element of `routes:`. A setting that does not fit is reported and keeps its default here.
struct RouteReader {
  private let reader: NodeReader
  private let fields: MappingReader
  private let limits: Limits
  private let store: StoreConfiguration
  /// Nil when it is missing or unfit, and reported.
  let path: PathPattern?

  init?(_ reader: NodeReader, _ configuration: Configuration) {
    guard let fields = reader.mapping(Schema.route, "a mapping with path, secret-file and upstreams") else {
      return nil
    }
    self.reader = reader
    self.fields = fields
    limits = configuration.limits
    store = configuration.store
    path = RouteReader.path(fields)
  }

  var sources: RouteSources {
    RouteSources(
      route: reader.source, secretFile: fields.source(of: "secret-file"),
      signature: fields["signature"]?.source ?? fields.source(of: "secret-file"),
      rotation: fields.source(of: "rotation"), tlsFiles: fields["upstreams"]?.tlsFiles ?? [])
  }

  /// The path as a place to complain about, for routes that have the same one.
  var pathSource: SourcePlace { fields.source(of: "path") }

  func settings() -> RouteSettings {
    var settings = RouteSettings(path: path ?? RouteReader.anyPath, bodyBytesMax: bodyBytesMax())
    settings.host = fields["host"].flatMap(host)
    settings.methods = fields["methods"].flatMap(methods) ?? settings.methods
    settings.secretFile = secretFile() ?? ""
    settings.layout = fields["signature"].map(SignatureSettings.read) ?? .vesicash
    settings.upstreams =
      fields.required("upstreams", "is missing: it must name at least one URL")?.upstreams() ?? []
    settings.deliver = fields["deliver"]?.word(of: DispatchPolicy.self) ?? .first
    settings.preservesHost = fields["preserve-host"]?.flag() ?? false
    settings.observe = fields["observe"]?.flag() ?? false
    settings.traces = fields["trace"]?.flag() ?? true
    settings.times = times()
    settings.mark = mark(settings.layout)
    settings.rotation = fields["rotation"].flatMap(RotationReader.read)
    readDurable(into: &settings)
    TestReader(fields).read(into: &settings)
    warn(settings)
    return settings
  }

  private func readDurable(into settings: inout RouteSettings) {
    let reader = DurableReader(fields, store: store)
    settings.durable = reader.durable()
    settings.dedupe = reader.dedupe(settings.layout, durable: settings.durable != nil)
    settings.quarantine = reader.quarantine(durable: settings.durable != nil)
    reader.judge(settings)
  }

  private static func path(_ fields: MappingReader) -> PathPattern? {
    let wanted = "a path that begins with / and may end in /*, without blanks, ?, #, \\ or any other *"
    return fields.required("path", "is missing: it says which deliveries this route takes")?
      .value(wanted) { $0.utf8.count <= 2_048 ? PathPattern($0) : nil }
  }

  private static let anyPath: PathPattern = {
    guard let pattern = PathPattern("/") else { fatalError("/ is a path") }
    return pattern
  }()

  private func secretFile() -> String? {
    fields.required("secret-file", "is missing: it names the file that holds this route's secret")?
      .absolutePath()
  }

  private func bodyBytesMax() -> Int {
    guard let reader = fields["body-bytes-max"] else { return limits.bodyBytesMax }
    guard let bytes = reader.number(in: Schema.bodyBytesRange) else { return limits.bodyBytesMax }
    if bytes > limits.inFlightBytesMax {
      reader.refuse("must not be more than limits.in-flight-bytes-max, which is \(limits.inFlightBytesMax)")
    }
    return bytes
  }

  private func host(_ reader: NodeReader) -> String? {
    let wanted = "a host's name without a port, or \"*\" for any"
    guard let text = reader.text(wanted), text != "*" else { return nil }
    let isAddress =
      text.hasPrefix("[")
      ? text.hasSuffix("]") && IPAddress(text: String(text.dropFirst().dropLast())) != nil
      : IPAddress(text: text)?.isIPv6 == false
    if text.isHostName || isAddress { return text.lowercased() }
    reader.refuse("must be \(wanted)")
    return nil
  }

  private func methods(_ reader: NodeReader) -> [String]? {
    if case .sequence(let nodes) = reader.node.content, nodes.isEmpty {
      reader.refuse("must name at least one method")
    }
    var methods: [String] = []
    for element in reader.elements(max: 16) {
      let method = element.value("a method in capitals, such as POST") { text in
        (1...20).contains(text.utf8.count) && text.utf8.allSatisfy { (0x41...0x5A).contains($0) } ? text : nil
      }
      guard let method else { continue }
      if method == "CONNECT" || method == "TRACE" {
        element.refuse("must not be CONNECT or TRACE: neither carries a delivery")
      } else if methods.contains(method) {
        element.refuse("is listed twice")
      } else {
        methods.append(method)
      }
    }
    return methods
  }

  private func times() -> ForwardTimes {
    var times = ForwardTimes()
    fields.readNumbers(NumberSetting.all, into: &times)
    return times
  }

  private func mark(_ layout: SignatureLayout) -> VerifiedMark {
    let value = fields["verified-value"]?.value("visible ASCII of 1 to 128 characters") {
      (1...128).contains($0.utf8.count) && $0.isVisibleASCII ? $0 : nil
    }
    let name = fields["verified-header"]?.value("a header's name of letters, digits and -") {
      $0.isHeaderName ? $0 : nil
    }
    let standard = VerifiedMark()
    let mark = VerifiedMark(name: name ?? standard.name, value: value ?? standard.value)
    if let sentence = mark.flaw(beside: layout) {
      fields.refuse("verified-header", sentence)
    }
    return mark
  }

  private func warn(_ settings: RouteSettings) {
    if settings.observe {
      fields["observe"]?.warn(
        "forwards deliveries that fail verification, marked with \(settings.mark.failedName) "
          + "instead of \(settings.mark.name)")
    }
    if settings.times.totalSecondsMax > 30 {
      fields["total-seconds-max"]?.warn(
        "is above 30: a sender that waits 30 s sends again while this delivery still runs")
    }
  }
}

extension VerifiedMark {
  /// Why it cannot be used on a route with this layout; nil when it can.
  fileprivate func flaw(beside layout: SignatureLayout) -> String? {
    var own = [layout.header]
    for source in [layout.idSource, layout.timestampSource] {
      if case .header(let name) = source { own.append(name) }
    }
    for name in [name, failedName] {
      if Array(name.utf8).withUnsafeBytes(FieldRole.isReserved) {
        return "must be a header of its own: \(name) has a meaning in HTTP already"
      }
      if own.contains(name.lowercased()) {
        return "must be a header of its own: the signature's layout reads \(name)"
      }
    }
    return nil
  }
}
