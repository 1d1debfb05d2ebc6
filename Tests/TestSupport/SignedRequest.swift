import Formats
import Foundation
import Signing

/// A Vesicash delivery as raw bytes, signed, with whatever else a test wants to say.
public struct SignedRequest: Sendable {
  public var method = "POST"
  public var target = "/hook"
  public var version = "HTTP/1.1"
  /// Sent as they stand, before the signature's; without line ends.
  public var lines: [String] = ["Host: gateway.test"]
  public var body: [UInt8]
  public var secret = GatewayProcess.secret
  /// Seconds from now to the timestamp that is signed.
  public var shiftSeconds = 0
  /// The timestamp's exact characters, where it is not the shifted clock.
  public var timestamp: String?
  /// Instead of the right signature.
  public var signature: String?
  /// Instead of both header lines of the signature.
  public var ownSignatureLines: [String]?
  /// Sizes of the chunks; nil sends a Content-Length.
  public var chunks: [Int]?
  /// Lines with their ends, for a chunked body.
  public var trailers = ""

  public init(_ body: String = "{\"event\":\"payment.completed\"}") { self.body = Array(body.utf8) }

  public init(bytes: [UInt8]) { body = bytes }

  /// A copy with changes.
  public func with(_ change: (inout SignedRequest) -> Void) -> SignedRequest {
    var copy = self
    change(&copy)
    return copy
  }

  public var timestampText: String { timestamp ?? String(Int(Date().timeIntervalSince1970) + shiftSeconds) }

  /// HMAC-SHA256 of the timestamp, a dot and the body, in lower-case hex.
  public static func sign(_ body: [UInt8], timestamp: String, secret: String) -> String {
    let hmac = KeyedHMAC(key: Secret(Array(secret.utf8)), hash: .sha256)
    hmac.begin()
    (Array("\(timestamp).".utf8) + body).withUnsafeBytes { hmac.update($0) }
    return hmac.finish().withBytes { Hex.encode($0) }
  }

  /// The signature's two header lines.
  public var signatureLines: [String] {
    if let ownSignatureLines { return ownSignatureLines }
    let timestamp = timestampText
    let signature = signature ?? Self.sign(body, timestamp: timestamp, secret: secret)
    return ["mor-timestamp: \(timestamp)", "mor-signature: \(signature)"]
  }

  /// Request line and header section.
  public var head: [UInt8] {
    let framing = chunks == nil ? "Content-Length: \(body.count)" : "Transfer-Encoding: chunked"
    let all = ["\(method) \(target) \(version)"] + lines + signatureLines + [framing]
    return all.joined(separator: "\r\n").unicodeScalars.map { UInt8($0.value) } + Array("\r\n\r\n".utf8)
  }

  public var framedBody: [UInt8] {
    chunks.map { Chunked.encode(body, sizes: $0, trailers: trailers) } ?? body
  }

  public var bytes: [UInt8] { head + framedBody }
}
