internal import Gateway

/// A configuration and what the reading of it found besides.
public struct ParsedConfiguration: Sendable {
  public let configuration: Configuration
  /// Settings that are allowed and dangerous, in the form of problems.
  public let warnings: [Problem]
  /// What may be right here and is not often; of no concern to the daemon.
  public let advice: [Problem]
  let file: String
  let sources: [RouteSources]
}

extension Configuration {
  /// Reads a configuration and checks all of it; nothing is opened, bound or looked up.
  ///
  /// - Parameters:
  ///   - bytes: the file's content, UTF-8.
  ///   - file: its name as the operator gave it.
  ///   - environment: variables beginning with `VESIGATE_` override settings; others are ignored.
  /// - Throws: every problem at once.
  public static func parse(
    _ bytes: [UInt8], file: String, environment: [String: String] = [:]
  ) throws(Problems) -> ParsedConfiguration {
    let report = Report(file: file)
    let draft = ConfigurationDraft.read(bytes, environment: environment, report: report)
    guard let draft, report.isEmpty else { throw Problems(report.problems) }
    return draft.parsed(report)
  }

  public static func parse(
    _ text: String, file: String, environment: [String: String] = [:]
  ) throws(Problems) -> ParsedConfiguration {
    try parse(Array(text.utf8), file: file, environment: environment)
  }
}

/// A configuration that may still hold defaults where problems were reported.
struct ConfigurationDraft {
  var configuration = Configuration()
  var sources: [RouteSources] = []

  /// Nil when not even a tree came of it.
  static func read(
    _ bytes: [UInt8], environment: [String: String], report: Report
  ) -> ConfigurationDraft? {
    guard var root = YAMLComposer.compose(bytes, report: report) else { return nil }
    Environment.apply(environment, to: &root, report: report)
    let reader = NodeReader(node: root, path: "", report: report)
    guard let fields = reader.mapping(Schema.top, "settings, such as routes:") else { return nil }
    var draft = ConfigurationDraft()
    draft.readTop(fields)
    draft.readLimits(fields)
    if let reader = fields["store"] { draft.configuration.store = StoreSectionReader.read(reader) }
    draft.readRoutes(fields)
    return draft
  }

  func parsed(_ report: Report) -> ParsedConfiguration {
    ParsedConfiguration(
      configuration: configuration, warnings: report.warnings, advice: report.advice, file: report.file,
      sources: sources)
  }

  private mutating func readTop(_ fields: MappingReader) {
    if let reader = fields["listen"] { configuration.listen = reader.listenAddresses() }
    if let reader = fields["control"] { configuration.control = reader.controlPath() }
    if let reader = fields["admin"] { readAdmin(reader) }
    if let reader = fields["inspector"] { configuration.inspector = InspectorReader.read(reader) }
    if let reader = fields["trusted-proxies"] { configuration.trustedProxies = reader.trustedProxies() }
    if let reader = fields["listen"] { adviseOnTLS(reader) }
    if let count = fields["workers"]?.number(in: 1...256, orWord: "auto") {
      configuration.workers = .count(count)
    }
    guard let log = fields["log"]?.mapping(Schema.log, "a mapping such as {level: info}") else { return }
    configuration.log.level = log["level"]?.word(of: LogSettings.Level.self) ?? .info
    configuration.log.format = log["format"]?.word(of: LogSettings.Format.self) ?? .auto
    configuration.log.deliveries = log["deliveries"]?.word(of: LogSettings.Deliveries.self) ?? .all
    if let reader = log["fields"] { configuration.log.fields = reader.fieldPaths() }
    if let reader = log["refused-per-minute-max"] {
      configuration.log.refusedPerMinuteMax = reader.number(in: 1...1_000_000, orWord: "unlimited")
    }
  }

  /// A front that is named can be believed to be there.
  private func adviseOnTLS(_ reader: NodeReader) {
    guard configuration.trustedProxies == TrustedProxies() else { return }
    guard configuration.listen.contains(where: \.isEverywhere) else { return }
    reader.advise(
      "takes deliveries in the clear from every network that this machine is in: listen on 127.0.0.1 behind a "
        + "front with TLS, or name the front under trusted-proxies")
  }

  /// `none` switches it off, as it does `control`; so does `{listen: none}`.
  private mutating func readAdmin(_ reader: NodeReader) {
    if case .scalar("none", _) = reader.node.content { return configuration.admin = nil }
    let wanted = "a mapping such as {listen: 127.0.0.1:9464}, or none"
    guard let admin = reader.mapping(Schema.admin, wanted) else { return }
    if let reader = admin["listen"] { configuration.admin = reader.adminAddress() }
  }

  private mutating func readLimits(_ fields: MappingReader) {
    guard let limits = fields["limits"]?.mapping(Schema.limits, "a mapping of limits") else { return }
    limits.readNumbers(NumberSetting.all, into: &configuration.limits)
    let all = configuration.limits
    if all.inFlightBytesMax < all.bodyBytesMax {
      let key = limits["in-flight-bytes-max"] != nil ? "in-flight-bytes-max" : "body-bytes-max"
      limits.refuse(
        key,
        key == "body-bytes-max"
          ? "must not be more than in-flight-bytes-max, which is \(all.inFlightBytesMax)"
          : "must not be less than body-bytes-max, which is \(all.bodyBytesMax)")
    }
  }

  private mutating func readRoutes(_ fields: MappingReader) {
    guard let reader = fields.required("routes", "is missing: it must name at least one route") else {
      return
    }
    if case .sequence(let nodes) = reader.node.content, nodes.isEmpty {
      reader.refuse("must name at least one route")
    } else if reader.isMapping || reader.node.isScalar {
      reader.refuse("must be a list: begin each route with \"- path: ...\"")
      return
    }
    var seen: [RouteKey: SourcePlace] = [:]
    var agreement = RotationAgreement()
    for element in reader.elements(max: Configuration.routesMax) {
      guard let route = RouteReader(element, configuration) else { continue }
      let settings = route.settings()
      configuration.routes.append(settings)
      sources.append(route.sources)
      agreement.add(settings, route.sources.rotation, fields.report)
      guard route.path != nil else { continue }
      refuseTwin(settings, at: route.pathSource, among: &seen, fields.report)
    }
  }

  private func refuseTwin(
    _ settings: RouteSettings, at source: SourcePlace, among seen: inout [RouteKey: SourcePlace],
    _ report: Report
  ) {
    let key = RouteKey(path: settings.path.text, host: settings.host)
    guard let other = seen[key] else {
      seen[key] = source
      return
    }
    let host = settings.host == nil ? "" : " and host"
    report.refuse(source, "has the same path\(host) as the route on line \(other.place.line)")
  }

  private struct RouteKey: Hashable {
    var path: String
    var host: String?
  }
}

extension NodeReader {
  fileprivate func fieldPaths() -> [FieldPath] {
    var paths: [FieldPath] = []
    let wanted =
      "a name such as event, or several joined by dots such as data.reference: letters, digits, _ and -, at most "
      + "\(FieldPath.bytesMax) bytes and \(FieldPath.namesMax) names"
    for element in elements(max: DeliveryFields.loggedMax) {
      guard let path = element.value(wanted, FieldPath.init) else { continue }
      // Capitals, digits and underscores are all that a journal's field has.
      if let twin = paths.first(where: { $0.journalName == path.journalName }) {
        element.refuse(twin == path ? "is named twice" : "would have the same name in the journal as another")
      } else {
        paths.append(path)
      }
    }
    return paths
  }
}

extension FieldPath {
  fileprivate var journalName: String {
    String(text.uppercased().map { $0 == "-" || $0 == "." ? "_" : $0 })
  }
}

extension YAMLNode {
  fileprivate var isScalar: Bool { if case .scalar = content { true } else { false } }
}
