import Formats
import HTTP
import Signing

@testable import Diagnosis

/// Refused deliveries as tests write them down.
extension RefusedCase {
  static let now: Int64 = 1_795_296_000_000
  static let seconds = now / 1000

  static func of(
    _ lines: [String], _ body: String, layout: SignatureLayout = .vesicash,
    secrets: [String] = ["test_webhook_secret"], previous: [PreviousSecret] = [], at: Int64 = now
  ) -> RefusedCase {
    var headers = HeaderList()
    for line in ["Host: hooks.example", "Content-Type: application/json"] + lines {
      let parts = line.split(separator: ":", maxSplits: 1)
      let value = parts[1].drop { $0 == " " }
      headers.append(name: String(parts[0]), value: String(value))
    }
    let head = RequestHead(
      method: "POST", target: Array("/hook".utf8), headers: headers, framing: .length(body.utf8.count),
      hostIndex: 0)
    let lines = secrets.map { Secret(Array($0.utf8)) }
    return RefusedCase(
      head: head, body: Array(body.utf8), layout: layout,
      secrets: SecretSet(path: "/secret", lines: lines, keys: lines, previous: previous),
      arrival: Moment(unixMilliseconds: at, uptimeNanoseconds: 1))
  }

  /// A Vesicash delivery that signs `signed` and sends `body`.
  static func vesicash(
    signing signed: String, sending body: String, key: String = "test_webhook_secret",
    timestamp: String = "\(seconds)", secrets: [String] = ["test_webhook_secret"], at: Int64 = now
  ) throws -> RefusedCase {
    let signature = try Witness.sign("\(timestamp).\(signed)", key: key)
    return of(
      ["mor-timestamp: \(timestamp)", "mor-signature: \(signature)"], body, secrets: secrets, at: at)
  }
}

extension Finding {
  /// All that an operator reads.
  var text: String { ([sentence] + settings + ruledOut + advice).joined(separator: "\n") }
}
