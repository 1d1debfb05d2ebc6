import Formats
import HTTP
import Signing

@testable import Gateway

/// What holds of any bytes that a store gives back: what reads as a request is fit to leave, reads back to the same
/// bytes, and no other bytes pass its seal.
enum StoredRequestProperty {
  private static let key = Secret(Array("seal".utf8))
  private static let route = Route(
    path: PathPattern("/hook/*")!, secretFileIndex: 0,
    upstreams: [Upstream(name: "app", host: "app", port: 80)])

  static func violation(_ content: [UInt8]) -> String? {
    // Random bytes have no seal.
    if (try? StoredRequest(content, sealedBy: key)) != nil { return "read without a seal" }
    guard let stored = try? StoredRequest(content: content) else { return nil }
    guard stored.content == content else { return "it does not read back" }
    return sealViolation(stored) ?? leavingViolation(stored)
  }

  private static func sealViolation(_ stored: StoredRequest) -> String? {
    let sealed = stored.bytes(sealedBy: key)
    guard let again = try? StoredRequest(sealed, sealedBy: key), again.content == stored.content else {
      return "it does not read back under its seal"
    }
    for place in [1, sealed.count / 2, sealed.count - 1] {
      var damaged = sealed
      damaged[place] ^= 1
      if (try? StoredRequest(damaged, sealedBy: key)) != nil { return "the seal does not hold byte \(place)" }
    }
    let other = Secret(Array("another".utf8))
    return (try? StoredRequest(sealed, sealedBy: other)) == nil ? nil : "another key opens the seal"
  }

  private static func leavingViolation(_ stored: StoredRequest) -> String? {
    let request = ForwardRequest(
      stored, route: route, arrival: Moment(unixMilliseconds: 0, uptimeNanoseconds: 0))
    let target = request.target(at: route.upstreams[0])
    guard target.first == UInt8(ascii: "/"), target.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      return "the target \(target.text)"
    }
    for index in request.headers.fields.indices {
      let isSound = request.headers.withField(index) { name, value in
        !name.isEmpty && Array(name).isFreeOfLineEndsAndNUL && Array(value).isFreeOfLineEndsAndNUL
          && Array(name).folded == Array(name).lowercased
      }
      guard isSound else { return "field \(index) is not fit to leave" }
    }
    guard Array(request.body.bytes) == stored.body else { return "another body leaves" }
    let isMarked = request.headers.withField(0) { name, _ in Array(name) == Array(route.mark.name.utf8) }
    return isMarked && request.headers.count == stored.headers.count + 1
      ? nil : "the mark is not the first field"
  }
}
