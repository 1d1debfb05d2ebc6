internal import Formats
public import Signing

/// A sender: what it signs and how it writes that down, read off the layout without the code under test.
public struct Signed: Sendable {
  public var layout = SignatureLayout.vesicash
  public var key = Array("test_webhook_secret".utf8)
  public var id = "msg_1"
  public var timestamp = "1781519012"

  public init(
    layout: SignatureLayout = .vesicash, key: [UInt8] = Array("test_webhook_secret".utf8),
    id: String = "msg_1",
    timestamp: String = "1781519012"
  ) {
    self.layout = layout
    self.key = key
    self.id = id
    self.timestamp = timestamp
  }

  /// One signature with its prefix.
  public func signature(over body: [UInt8]) -> String {
    let digest = digest(over: body)
    let digits =
      switch layout.encoding {
      case .hex: Hex.encode(digest)
      case .base64: Base64.encode(digest)
      case .base64url: Base64.encode(digest, alphabet: .url)
      }
    return layout.prefix + digits
  }

  public func digest(over body: [UInt8]) -> [UInt8] {
    let filled = layout.signed.text.replacing("{id}", with: id).replacing("{timestamp}", with: timestamp)
    let around = filled.split(separator: "{body}", omittingEmptySubsequences: false)
    let hmac = KeyedHMAC(key: Secret(key), hash: layout.hash)
    hmac.begin()
    let message = Array(around[0].utf8) + body + Array(around[1].utf8)
    message.withUnsafeBytes { hmac.update($0) }
    return hmac.finish().withBytes { Array($0) }
  }

  /// The header fields that go with the body; `signatures` replaces the one that is right.
  public func fields(over body: [UInt8], signatures: [String]? = nil) -> [(String, String)] {
    var fields: [(String, String)] = []
    var elements: [String] = []
    for (source, value) in [(layout.idSource, id), (layout.timestampSource, timestamp)] {
      switch source {
      case .none: break
      case .header(let name): fields.append((name, value))
      case .key(let key): elements.append("\(key)=\(value)")
      }
    }
    elements += signatures ?? [signature(over: body)]
    let separator = layout.listSeparator.map { String($0) } ?? ""
    fields.append((layout.header, elements.joined(separator: separator)))
    return fields
  }
}
