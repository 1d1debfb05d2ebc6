internal import Formats
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
  public let bodyBytesMax: Int
  /// Forward the sender's `Host` instead of the upstream's.
  public let preservesHost: Bool
  public let mark: VerifiedMark
  /// Whether a trace is begun where the sender has begun none.
  public let traces: Bool
  /// Nil where the configuration has none; the bounds of holding are then the defaults.
  public let rotation: RotationSettings?
  /// What logs and metrics call it: its path as configured, behind its host where it has one.
  public let name: String
  /// The layout, made ready to read requests with.
  let claims: ClaimReader

  public init(
    path: PathPattern, host: String? = nil, methods: [String] = ["POST"],
    layout: SignatureLayout = .vesicash, secretFileIndex: Int, observe: Bool = false,
    upstreams: [Upstream], deliver: DispatchPolicy = .first, times: ForwardTimes = ForwardTimes(),
    bodyBytesMax: Int = Limits().bodyBytesMax, preservesHost: Bool = false,
    mark: VerifiedMark = VerifiedMark(), traces: Bool = true, rotation: RotationSettings? = nil
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
    name = (host ?? "") + path.text
    claims = ClaimReader(layout)
  }
}

/// How many upstreams get a delivery, and whose answer the sender gets.
public enum DispatchPolicy: String, Sendable, CaseIterable {
  /// The first that can be reached; the next is tried only where nothing was sent.
  case first
  /// Every one; all 2xx or the first failing one's answer.
  case all
}

/// The time-outs of forwarding, in seconds.
public struct ForwardTimes: Sendable, Equatable {
  public var connectSecondsMax = 5
  /// From the start of an attempt to the answer's first byte.
  public var firstByteSecondsMax = 20
  /// From the arrival of the delivery's head to the end of the upstream's answer.
  public var totalSecondsMax = 25
  /// A pooled connection that was idle for longer is not used again.
  public var upstreamIdleSecondsMax = 1

  public init() {}
}

/// The header field that says "verified". Only the gateway ever sets it.
public struct VerifiedMark: Sendable, Equatable {
  public let name: String
  public let value: String

  public init(name: String = "X-Verified", value: String = "true") {
    self.name = name
    self.value = value
    lowercasedName = name.utf8.map(\.asciiLowercased)
    lowercasedFailedName = lowercasedName + Array("-failed".utf8)
  }

  /// The field that says why, on a route that observes. Never the mark's own name with another value:
  /// `false` is true in most languages.
  public var failedName: String { name + "-Failed" }

  /// Both names as they are compared.
  let lowercasedName: [UInt8]
  let lowercasedFailedName: [UInt8]
}

/// A route's path: one exact path, or everything below a prefix.
public struct PathPattern: Sendable, Equatable {
  /// For a prefix it ends in `/`.
  public let bytes: [UInt8]
  public let isPrefix: Bool

  /// Reads `/exact/path` or `/prefix/*`; nil when the text is neither.
  public init?(_ text: String) {
    var bytes = Array(text.utf8)
    guard bytes.first == UInt8(ascii: "/"), bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
    isPrefix = bytes.count >= 2 && bytes.suffix(2).elementsEqual("/*".utf8)
    if isPrefix { bytes.removeLast() }
    let forbidden = Array("*?#\\".utf8)
    guard !bytes.contains(where: forbidden.contains) else { return nil }
    self.bytes = bytes
  }

  public var text: String { String(decoding: bytes, as: UTF8.self) + (isPrefix ? "*" : "") }
}
