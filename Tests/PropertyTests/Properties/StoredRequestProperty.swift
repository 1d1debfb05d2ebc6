import Formats
import HTTP
import Signing

@testable import Gateway

/// What holds of any head that a store gives back: what reads as a request is fit to leave, and reads back to the same
/// bytes.
enum StoredRequestProperty {
  private static let route = Route(
    path: PathPattern("/hook/*")!, secretFileIndex: 0,
    upstreams: [Upstream(name: "app", host: "app", port: 80)])
  private static let fields = AttemptFields(
    id: PublicID(unixMilliseconds: 0, random: (1, 2)), attempt: 3, isReplay: true)

  static func violation(_ head: [UInt8]) -> String? {
    for body in [[], Array("body".utf8)] {
      guard let stored = try? StoredRequest(head: head, method: "POST", body: body) else { continue }
      if stored.head != head { return "it does not read back" }
      if let violation = leavingViolation(stored) { return violation }
    }
    return nil
  }

  private static func leavingViolation(_ stored: StoredRequest) -> String? {
    let request = ForwardRequest(
      stored, fields, route: route, begin: Moment(unixMilliseconds: 0, uptimeNanoseconds: 0))
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
    let marks = request.headers.textFields.filter {
      Array($0.name.utf8).folded == "x-delivery-test".utf8.folded
    }
    guard marks.count == (stored.isTest ? 1 : 0), marks.allSatisfy({ $0.value == "true" }) else {
      return "it is said to be a test, or not said"
    }
    let others = stored.headers.fields.indices.filter { !stored.isTestMark($0) }.count
    let isMarked = request.headers.withField(0) { name, _ in Array(name) == Array(route.mark.name.utf8) }
    return isMarked && request.headers.count == others + marks.count + 4
      ? nil : "the mark is not the first field"
  }
}
