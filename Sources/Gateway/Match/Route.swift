public import Signing

/// Where deliveries of one path go, and what must hold before they do.
public final class Route: Sendable {
  public let path: PathPattern
  /// In lower case, without a port; nil takes any host.
  public let host: String?
  public let methods: [String]
  public let layout: SignatureLayout
  /// Which of the snapshot's secret files signs for this route.
  public let secretFileIndex: Int
  /// Whether a delivery whose signature fails is forwarded too, marked as failed.
  public let observe: Bool
  /// At least one.
  public let upstreams: [Upstream]
  public let deliver: DispatchPolicy
  public let times: ForwardTimes
  /// A longer body is refused: 413.
  public let bodyBytesMax: Int
  /// Forward the sender's `Host` instead of the upstream's.
  public let preservesHost: Bool
  public let mark: VerifiedMark
  /// Whether a trace is begun where the sender has begun none.
  public let traces: Bool
  /// Nil where the configuration has none; the bounds of holding are then the defaults.
  public let rotation: RotationSettings?
  /// Nil where the sender waits for the app's answer.
  public let durable: DurableSettings?
  public let isDurable: Bool
  /// By what repetitions are known on a synchronous route; nil where they are deliveries like others.
  public let dedupe: DurableSettings.Dedupe?
  /// Whether an operator may have a test delivery made for it.
  public let allowsTest: Bool
  /// Whether the records of its verified deliveries bring head and body along.
  public let keepsBodies: Bool
  /// Whether it does nothing but forward.
  let isPlain: Bool
  /// What logs and metrics call it: its path as configured, behind its host where it has one.
  public let name: String
  /// The layout, made ready to read requests with.
  let claims: ClaimReader

  public init(
    path: PathPattern, host: String? = nil, methods: [String] = ["POST"],
    layout: SignatureLayout = .vesicash, secretFileIndex: Int, observe: Bool = false,
    upstreams: [Upstream], deliver: DispatchPolicy = .first, times: ForwardTimes = ForwardTimes(),
    bodyBytesMax: Int = Limits().bodyBytesMax, preservesHost: Bool = false,
    mark: VerifiedMark = VerifiedMark(), traces: Bool = true, rotation: RotationSettings? = nil,
    durable: DurableSettings? = nil, dedupe: DurableSettings.Dedupe? = nil, allowsTest: Bool = false,
    keepsBodies: Bool = false
  ) {
    self.path = path
    self.host = host
    self.methods = methods
    self.layout = layout
    self.secretFileIndex = secretFileIndex
    self.observe = observe
    self.upstreams = upstreams
    self.deliver = deliver
    self.times = times
    self.bodyBytesMax = bodyBytesMax
    self.preservesHost = preservesHost
    self.mark = mark
    self.traces = traces
    self.rotation = rotation
    self.durable = durable
    isDurable = durable != nil
    self.allowsTest = allowsTest
    self.keepsBodies = keepsBodies
    self.dedupe = durable == nil && dedupe?.by != DedupeRule.none ? dedupe : nil
    isPlain = durable == nil && self.dedupe == nil
    name = (host ?? "") + path.text
    claims = ClaimReader(layout)
  }

  /// The same but for its upstreams, of which the first that can be reached gets a delivery.
  public func reduced(to upstreams: [Upstream]) -> Route {
    Route(
      path: path, host: host, methods: methods, layout: layout, secretFileIndex: secretFileIndex,
      observe: observe, upstreams: upstreams, deliver: .first, times: times, bodyBytesMax: bodyBytesMax,
      preservesHost: preservesHost, mark: mark, traces: traces, rotation: rotation, durable: durable,
      dedupe: dedupe, allowsTest: allowsTest, keepsBodies: keepsBodies)
  }
}
