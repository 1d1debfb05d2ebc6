import Formats
import HTTP
import Signing

@testable import Gateway

/// What holds of any head that a quarantine gives back: what reads as one is a request without two meanings, and reads
/// back to the same.
enum QuarantinedHeadProperty {
  static func violation(_ bytes: [UInt8]) -> String? {
    guard let first = try? QuarantinedHead(bytes) else { return nil }
    let written = first.bytes
    guard let second = try? QuarantinedHead(written) else { return "what was written cannot be read" }
    if second.bytes != written { return "it does not read back" }
    if second.requestID != first.requestID || second.remote != first.remote { return "another sender" }
    if second.isTrusted != first.isTrusted || second.peer != first.peer { return "another peer" }
    let (one, other) = (first.head, second.head)
    guard one.method == other.method, one.target == other.target, one.framing == other.framing,
      one.minorVersion == other.minorVersion
    else { return "another request" }
    return one.headers.count == other.headers.count ? nil : "other fields"
  }
}
