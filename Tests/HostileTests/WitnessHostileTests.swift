import TestSupport
import Testing

/// What leaves the gateway as Python's own HTTP server reads it, which shares no line with anything here.
@Suite(.ownThread) struct WitnessHostileTests {
  /// Each table's sound cases, and the hostile ones among them that must not show.
  private static var cases: [RawCase] {
    let all =
      CodingCases.both + CodingCases.others + CodingCases.plain + LengthCases.all + ChunkCases.all
      + HeadCases.fieldCases + HeadCases.hostCases + Sweeps.marks.flatMap(\.cases)
    return all
  }

  /// The canonical form in which CGI, WSGI and their kin see a header's name.
  private func folded(_ name: String) -> String {
    "HTTP_" + name.uppercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? String($0) : "_" }.joined()
  }

  @Test func `Python sees each genuine delivery once, with one mark, and nothing else`() throws {
    let witness = try PythonWitness()
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: ["http://127.0.0.1:\(witness.port)/app"]))
    var expected: [[UInt8]] = []
    for one in Self.cases {
      let client = try gateway.connect()
      client.offer(one.bytes)
      _ = try client.response()
      if case .delivered(let body) = one.expected { expected.append(body) }
    }
    HostileTable.row(
      .bothFramings, "\(Self.cases.count) cases as Python's server reads them",
      expected: "\(expected.count) requests, as sent"
    ) {
      guard eventually(within: 20, { witness.requests.count >= expected.count }) else {
        return "\(witness.requests.count) requests"
      }
      let seen = witness.requests
      let bodies = seen.map(\.bodyHex)
      let hex = expected.map { $0.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() }
      guard bodies == hex else { return "\(seen.count) requests, other bodies" }
      for request in seen {
        let marks = request.headers.filter { folded($0[0]).hasPrefix("HTTP_X_VERIFIED") && $0[0].count < 18 }
        let names = marks.map { $0.joined(separator: ": ") }
        guard names.contains("X-Verified: true"), marks.count { folded($0[0]) == "HTTP_X_VERIFIED" } == 1
        else {
          return "marks \(names)"
        }
      }
      return "\(expected.count) requests, as sent"
    }
  }
}
