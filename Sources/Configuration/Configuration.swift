public import Gateway
public import Signing

/// What a configuration file says, checked as a whole and with every default filled in. Secrets are not in
/// it: only the names of their files.
public struct Configuration: Sendable, Equatable {
  /// Where to take deliveries; at least one, no two alike.
  public var listen: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 8480)]
  /// The control socket's path; nil switches it off.
  public var control: String? = Configuration.controlDefault
  /// Where metrics and health are read; nil switches it off.
  public var admin: ListenAddress? = Configuration.adminDefault
  /// Where operators look at deliveries; nil switches it off.
  public var inspector: InspectorSettings? = InspectorSettings()
  public var trustedProxies = TrustedProxies()
  public var workers = WorkerCount.auto
  public var log = LogSettings()
  public var limits = Limits()
  public var store = StoreConfiguration()
  /// At least one, no two with the same path and host.
  public var routes: [RouteSettings] = []

  /// Each secret file once for each way its lines are read, in the order of the routes.
  public var secretFiles: [SecretFileSettings] { secretFileIndexes.files }

  /// Where the commands look for the daemon. A start that cannot have it there goes on with a warning.
  public static let controlDefault = "/run/vesigate/control.sock"
  /// As with the control socket, a start that cannot have it there goes on with a notice.
  public static let adminDefault = ListenAddress.unix(
    path: "/run/vesigate/admin.sock", mode: ListenAddress.unixModeDefault, group: nil)
  /// Where the commands look for the configuration.
  public static let fileDefault = "/etc/vesigate/vesigate.yaml"
  /// With more addresses, routes, or upstreams of a route a configuration is refused.
  public static let listenMax = 16
  public static let routesMax = 10_000
  public static let upstreamsMax = 16

  init() {}

  /// Makes what deliveries are judged by. `secrets` stand in the order of `secretFiles`.
  public func snapshot(secrets: [SecretSet], generation: Int) -> Snapshot {
    let indexes = secretFileIndexes.ofRoutes
    let made = zip(routes, indexes).map { $0.route(secretFileIndex: $1) }
    return Snapshot(
      routes: RouteTable(made), limits: limits, trustedProxies: trustedProxies, secrets: secrets,
      generation: generation)
  }

  /// The secret files, and for each route which of them it uses.
  var secretFileIndexes: (files: [SecretFileSettings], ofRoutes: [Int]) {
    var files: [SecretFileSettings] = []
    var known: [SecretFileSettings: Int] = [:]
    let ofRoutes = routes.map { route in
      let file = SecretFileSettings(path: route.secretFile, keyDecoding: route.layout.keyDecoding)
      if let index = known[file] { return index }
      known[file] = files.count
      files.append(file)
      return files.count - 1
    }
    return (files, ofRoutes)
  }
}

/// How many event loops.
public enum WorkerCount: Sendable, Equatable {
  /// One for each processor that the process may use.
  case auto
  case count(Int)
}

/// What is logged, and in which form.
public struct LogSettings: Sendable, Equatable {
  /// The level names of swift-log.
  public enum Level: String, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical
  }

  public enum Format: String, Sendable, CaseIterable {
    /// journald under systemd, logfmt otherwise.
    case auto
    case logfmt, json, short
  }

  /// Which finished deliveries get a line.
  public enum Deliveries: String, Sendable, CaseIterable {
    case all, refused
  }

  /// Refusals of one route for one reason that get a line of their own in a minute; nil is no limit.
  public var refusedPerMinuteMax: Int? = LogSettings.refusedPerMinuteDefault
  static let refusedPerMinuteDefault = 60

  public var level = Level.info
  public var format = Format.auto
  public var deliveries = Deliveries.all
  /// Members of verified JSON bodies that their lines show.
  public var fields: [FieldPath] = []
}

/// A secret file and how its lines become keys.
public struct SecretFileSettings: Sendable, Hashable {
  public var path: String
  public var keyDecoding: SignatureLayout.KeyDecoding
}

/// One route as it is configured.
public struct RouteSettings: Sendable, Equatable {
  public var path: PathPattern
  /// In lower case; nil takes any host.
  public var host: String?
  public var methods = ["POST"]
  public var secretFile = ""
  public var layout = SignatureLayout.vesicash
  public var observe = false
  public var upstreams: [UpstreamURL] = []
  public var deliver = DispatchPolicy.first
  public var times = ForwardTimes()
  public var bodyBytesMax: Int
  public var preservesHost = false
  public var mark = VerifiedMark()
  public var traces = true
  public var rotation: RotationSettings?
  /// Nil where senders wait for the app's answer.
  public var durable: DurableSettings?
  public var dedupe = DedupeSettings()
  /// Nil where nothing is kept of what is refused.
  public var quarantine: DurableSettings.Quarantine?
  /// Whether operators may have test deliveries made.
  public var allowsTest = false
  /// Whether bodies of recent deliveries are kept in memory, for operators.
  public var keepsBodies = false

  func route(secretFileIndex: Int) -> Route {
    var (durable, known) = (durable, DurableSettings.Dedupe())
    (known.by, known.hours) = (dedupe.by.rule(layout), dedupe.hours)
    durable?.dedupe = known
    durable?.quarantine = quarantine
    return Route(
      path: path, host: host, methods: methods, layout: layout, secretFileIndex: secretFileIndex,
      observe: observe, upstreams: upstreams.map(\.upstream), deliver: deliver, times: times,
      bodyBytesMax: bodyBytesMax, preservesHost: preservesHost, mark: mark,
      traces: traces, rotation: rotation, durable: durable, dedupe: known, allowsTest: allowsTest,
      keepsBodies: keepsBodies)
  }
}
