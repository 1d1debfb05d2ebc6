public import HTTP
public import Signing

/// A delivery that was not verified, on its way into the quarantine: as it came, whoever sent it.
public struct DeliveryToQuarantine {
  public let route: Route
  /// Unix milliseconds: as of then it is judged again.
  let arrived: Int64
  /// What the log called it.
  let reason: String
  let head: QuarantinedHead
  /// Lent: its memory is used again.
  let body: BodyBuffer
  /// Of the secrets that did not verify it.
  let judgement: Int64

  public var bodyBytes: Int { body.count }
}

/// What the quarantine keeps of a delivery, and has read: forged, most likely, and changed by whoever can write to the
/// store, perhaps. Nothing but one more verification makes a delivery of it.
public struct QuarantinedDelivery: Sendable, Equatable {
  public let route: String
  /// Unix milliseconds.
  public let arrived: Int64
  public let reason: String
  /// The head in a form of its own, behind its seal.
  public let head: [UInt8]
  public let body: [UInt8]
  /// The same for what is the same, byte for byte; 32 bytes.
  public let key: [UInt8]
  /// Tells the secrets that judged it last.
  public let judgement: Int64

  public init(
    route: String, arrived: Int64, reason: String, head: [UInt8], body: [UInt8], key: [UInt8],
    judgement: Int64
  ) {
    self.route = route
    self.arrived = arrived
    self.reason = reason
    self.head = head
    self.body = body
    self.key = key
    self.judgement = judgement
  }
}

/// Where a quarantined delivery stands: its row's number, and the key, for numbers come again.
public struct QuarantineTicket: Sendable, Hashable {
  public let row: Int64
  public let key: [UInt8]

  public init(row: Int64, key: [UInt8]) {
    self.row = row
    self.key = key
  }
}

extension SecretSet {
  /// A number that is another one once other secrets verify: what they have judged need not be judged again. It says
  /// no more of them than their fingerprints do.
  public var judgement: Int64 {
    var parts = lines.map { Array($0.fingerprint.utf8) }
    for replaced in previous {
      let (before, until) = (replaced.signedBeforeUnixMilliseconds, replaced.untilUnixMilliseconds)
      parts.append(Array("\(replaced.line.fingerprint) \(before) \(until)".utf8))
    }
    return LabelledHash.of(parts, label: "vesigate judgement").prefix(8).reduce(0) { $0 << 8 | Int64($1) }
  }
}
