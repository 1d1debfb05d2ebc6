internal import Formats
internal import HTTP
internal import Signing

/// The head of a delivery that may be judged again, and what was known of its sender when it came.
struct QuarantinedHead {
  let head: RequestHead
  let peer: Peer
  /// Whether the peer's own forwarding fields were believed.
  let isTrusted: Bool
  let requestID: String
  /// The sender's address.
  let remote: String
}

// A version, a flag, three parts behind their lengths, and the head as it went over the wire, which the reader of
// requests reads.

extension QuarantinedHead {
  static let version: UInt8 = 1

  var bytes: [UInt8] {
    var bytes: [UInt8] = [Self.version, isTrusted ? 1 : 0]
    for text in [requestID, remote, peer.address?.text ?? ""] {
      Array(text.utf8).withUnsafeBytes { bytes.append(part: $0) }
    }
    return bytes + wireBytes
  }

  /// As it came, but for blanks around values.
  var wireBytes: [UInt8] { head.lines() + [0x0D, 0x0A] }

  /// Reads it to its last byte.
  init(_ bytes: [UInt8]) throws(StoredRequestFault) {
    var reader = PartReader(bytes)
    guard try reader.byte() == Self.version else { throw .unknownVersion }
    let flags = try reader.byte()
    guard flags < 2 else { throw .malformed }
    let requestID = String(decoding: try reader.part(), as: UTF8.self)
    let remote = String(decoding: try reader.part(), as: UTF8.self)
    let address = String(decoding: try reader.part(), as: UTF8.self)
    let peer = Peer(address: IPAddress(text: address))
    guard peer.address?.text ?? "" == address else { throw .malformed }
    self.init(
      head: try Self.head(Array(reader.left)), peer: peer, isTrusted: flags & 1 != 0, requestID: requestID,
      remote: remote)
  }

  /// No bound of a configuration lets more through.
  private static let bounds = RequestReader.Bounds(
    requestLineBytesMax: 1 << 20, headerBytesMax: 1 << 20, headerFieldsMax: 10_000)

  private static func head(_ bytes: [UInt8]) throws(StoredRequestFault) -> RequestHead {
    var reader = RequestReader(bounds: bounds)
    var consumed = 0
    let event: RequestReader.Event
    do throws(RequestFault) {
      event = try bytes.withUnsafeBufferPointer { (bytes) throws(RequestFault) in
        try reader.read(UnsafeRawBufferPointer(bytes), consumed: &consumed)
      }
    } catch {
      throw .malformed
    }
    guard case .head(let head) = event, consumed == bytes.count else { throw .malformed }
    return head
  }

  /// Whether the body is what the head says.
  func fits(bodyBytes: Int) -> Bool {
    switch head.framing {
    case .none: bodyBytes == 0
    case .length(let length): bodyBytes == length
    case .chunked: true
    }
  }
}

/// What people are told of a quarantined delivery: what it says of itself, nothing of which is proven.
public struct QuarantinedFacts: Sendable {
  public let requestID: String
  public let remote: String
  public let method: String
  public let target: String
  /// Names, and the values but for those that are secret, or nearly.
  public let fields: [(name: String, value: String)]
}

extension Sealer {
  /// - Parameter layout: of its route, if that is there still: its signature is not shown.
  public func facts(_ row: QuarantinedDelivery, _ route: Route?) throws(SealFault) -> QuarantinedFacts {
    let kept = try open(row)
    let masked = QuarantinedFacts.masked + (route.map { [$0.layout.header] } ?? [])
    let headers = kept.head.headers
    return QuarantinedFacts(
      requestID: kept.requestID, remote: kept.remote, method: kept.head.method,
      target: String(decoding: kept.head.target, as: UTF8.self),
      fields: headers.fields.indices.map { index in
        headers.withField(index) { name, value in
          let isMasked =
            masked.contains { name.equalsIgnoringCase(Array($0.utf8)) } || QuarantinedFacts.isPrivate(name)
          return (
            String(decoding: name, as: UTF8.self),
            isMasked ? "(\(value.count) bytes)" : String(decoding: value, as: UTF8.self)
          )
        }
      })
  }
}

extension QuarantinedFacts {
  fileprivate static let masked = ["authorization", "proxy-authorization", "cookie"]
  private static let privateWords = ["signature", "secret", "token", "key", "password"]

  /// Whether a name sounds of what nobody should read: the route whose layout would say it may have gone.
  fileprivate static func isPrivate(_ name: UnsafeRawBufferPointer) -> Bool {
    let lower = String(decoding: name.map { $0.asciiLowercased }, as: UTF8.self)
    return privateWords.contains { lower.contains($0) }
  }
}
