internal import Formats
public import Gateway
internal import Signing

/// How `dedupe: {by: ...}` is written.
public enum DedupeChoice: Sendable, Equatable {
  /// What is right for the layout.
  case auto
  case rule(DedupeRule)
}

/// By what a route's repetitions are known, and for how long.
public struct DedupeSettings: Sendable, Equatable {
  public var by = DedupeChoice.rule(.none)
  public var hours = 96
}

/// Reads `durable:` and `dedupe:`, how a route's deliveries are kept.
struct DurableReader {
  /// The longest body that one row should hold.
  static let bodyBytesMax = 67_108_864
  static let finalStatusesMax = 64

  private let route: MappingReader
  private let store: StoreConfiguration

  init(_ route: MappingReader, store: StoreConfiguration) {
    self.route = route
    self.store = store
  }

  /// Nil where deliveries are forwarded while their senders wait.
  func durable() -> DurableSettings? {
    guard let reader = route["durable"] else { return nil }
    guard reader.isMapping else { return reader.flag() == true ? DurableSettings() : nil }
    var settings = DurableSettings()
    guard let fields = reader.mapping(Schema.durable, "true, false or a mapping") else { return settings }
    fields.readNumbers(NumberSetting.all, into: &settings)
    if let reader = fields["final-statuses"] { settings.finalStatuses = finalStatuses(reader) }
    settings.storesSignature = fields["store-signature"]?.flag() ?? true
    if let retry = fields["retry"]?.mapping(Schema.retry, "a mapping such as {first-seconds: 1}") {
      retry.readNumbers(NumberSetting.all, into: &settings.retry)
      refuseOrder(retry, settings.retry.firstSeconds, settings.retry.secondsMax)
    }
    if let breaker = fields["breaker"]?.mapping(Schema.breaker, "a mapping such as {failures: 5}") {
      breaker.readNumbers(NumberSetting.all, into: &settings.breaker)
      refuseOrder(breaker, settings.breaker.firstSeconds, settings.breaker.secondsMax)
    }
    return settings
  }

  private func refuseOrder(_ fields: MappingReader, _ first: Int, _ most: Int) {
    guard first > most else { return }
    let key = fields["first-seconds"] != nil ? "first-seconds" : "seconds-max"
    fields.refuse(
      key,
      key == "first-seconds"
        ? "must not be more than seconds-max, which is \(most)"
        : "must not be less than first-seconds, which is \(first)")
  }

  private func finalStatuses(_ reader: NodeReader) -> Set<Int> {
    Set(reader.elements(max: Self.finalStatusesMax).compactMap { $0.number(in: 300...599) })
  }

  // MARK: Dedupe

  /// Where nobody says anything, on durable routes alone.
  func dedupe(_ layout: SignatureLayout, durable: Bool) -> DedupeSettings {
    var settings = DedupeSettings()
    if durable { settings.by = .auto }
    guard let reader = route["dedupe"] else { return settings }
    if case .scalar("none", _) = reader.node.content {
      settings.by = .rule(.none)
      return settings
    }
    guard let fields = reader.mapping(Schema.dedupe, "none, or a mapping such as {by: auto, hours: 96}")
    else {
      return settings
    }
    settings.by = fields["by"].flatMap { self.choice($0, layout) } ?? .auto
    settings.hours = fields["hours"]?.number(in: 1...8_760) ?? settings.hours
    if durable, settings.hours > store.deadHours {
      fields.refuse("hours", "must not be more than store.dead-hours, which is \(store.deadHours)")
    }
    return settings
  }

  private func choice(_ reader: NodeReader, _ layout: SignatureLayout) -> DedupeChoice? {
    let wanted = "one of auto, id, body, exact, header:NAME, or dedupe: none"
    let choice = reader.value(wanted) { DedupeChoice($0) }
    switch choice {
    case .rule(.id) where !layout.signed.contains(.id):
      reader.refuse("must not be id: the signature's layout signs none")
    case .rule(.exact) where !layout.signed.contains(.timestamp):
      reader.refuse(
        "must not be exact: the signature's layout signs no timestamp; body is what is left of it")
    case .rule(.header(let name)):
      reader.warn(
        "goes by \(name), which nothing signs: whoever sees a delivery can have another one taken for its repetition"
      )
    default: break
    }
    return choice
  }

  // MARK: Quarantine

  /// Nil where nothing is kept of what is refused.
  func quarantine(durable: Bool) -> DurableSettings.Quarantine? {
    guard let reader = route["quarantine"] else { return nil }
    if case .scalar("none", _) = reader.node.content { return nil }
    guard let fields = reader.mapping(Schema.quarantine, "none, or a mapping such as {hours: 24}") else {
      return nil
    }
    var settings = DurableSettings.Quarantine()
    fields.readNumbers(NumberSetting.all, into: &settings)
    settings.release = fields["release"]?.word(of: DurableSettings.Quarantine.Release.self) ?? .auto
    guard !durable else { return settings }
    reader.refuse(
      "must not be set where the route is not durable: only from a store can anything be released")
    return nil
  }

  // MARK: What contradicts itself

  func judge(_ settings: RouteSettings) {
    guard settings.durable != nil else { return }
    let refuse = { (sentence: String) in route.refuse("durable", sentence) }
    if settings.observe {
      refuse("must not be set where the route observes: what is not verified is never stored")
    }
    let longest = min(store.bytesMax, Self.bodyBytesMax)
    if settings.bodyBytesMax > longest {
      refuse("must not be set with body-bytes-max above \(longest): a longer body would never be kept")
    }
    var own = [
      settings.mark.name.lowercased(), settings.mark.failedName.lowercased(), settings.layout.header,
    ]
    for source in [settings.layout.idSource, settings.layout.timestampSource] {
      if case .header(let name) = source { own.append(name) }
    }
    for name in own where AttemptFields.names.contains(name) {
      refuse(
        "must not be set: \(name) is what a durable delivery says its own number in, and this route uses it already"
      )
    }
    warn(settings)
  }

  private func warn(_ settings: RouteSettings) {
    if settings.layout == .slack {
      route["durable"]?.warn(
        "answers before the app does: what the app has to answer itself, such as Slack's challenge, stays unanswered"
      )
    }
    if settings.quarantine != nil, settings.dedupe.by.rule(settings.layout) == .none {
      route["quarantine"]?.warn(
        "releases what its sender may have sent again by then, and nothing tells repetitions here: the app may get both"
      )
    } else if let quarantine = settings.quarantine, settings.dedupe.hours < quarantine.hours {
      route["quarantine"]?.warn(
        "keeps deliveries for longer than their repetitions are known (dedupe.hours): the app may get both")
    }
  }
}

extension DedupeChoice {
  init?(_ text: String) {
    switch text {
    case "auto": self = .auto
    case "id": self = .rule(.id)
    case "body": self = .rule(.body)
    case "exact": self = .rule(.exact)
    default:
      guard text.hasPrefix("header:") else { return nil }
      let name = String(text.dropFirst("header:".count))
      guard name.isHeaderName else { return nil }
      self = .rule(.header(name.lowercased()))
    }
  }

  /// As it is written; nil for what `dedupe: none` says.
  var text: String? {
    switch self {
    case .auto: "auto"
    case .rule(.none): nil
    case .rule(.id): "id"
    case .rule(.body): "body"
    case .rule(.exact): "exact"
    case .rule(.header(let name)): "header:" + name
    }
  }

  /// What it means for a layout.
  func rule(_ layout: SignatureLayout) -> DedupeRule {
    switch self {
    case .auto: .automatic(layout, preset: layout == .vesicash ? "vesicash" : nil)
    case .rule(let rule): rule
    }
  }
}
