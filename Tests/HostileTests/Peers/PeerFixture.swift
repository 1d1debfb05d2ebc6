import TestSupport
import Testing

/// A gateway before an application on a server of other people's, which is the judge of what left.
final class PeerFixture {
  let app: PeerApp
  let gateway: GatewayProcess

  init(_ kind: PeerApp.Kind) throws {
    let app = try PeerApp(kind)
    self.app = app
    gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: ["http://127.0.0.1:\(app.port)/app"]))
  }

  /// Sends each case, then holds what the application saw against what should have reached it, in order.
  func run(_ topic: HostileTopic, _ name: String, _ cases: [RawCase]) {
    HostileTable.row(topic, "\(cases.count) \(name)", expected: "as each should") {
      let before = app.count
      let failures = cases.compactMap { one in
        do { try PeerFixture.send(one, to: gateway) } catch { return "\(one.name): \(error)" }
        return nil
      }
      guard failures.isEmpty else { return failures.joined(separator: "; ") }
      return try judge(cases, Array(app.sightings.dropFirst(before)))
    }
  }

  private func judge(_ cases: [RawCase], _ seen: [Sighting]) throws -> String {
    let delivered = cases.filter(\.expected.isDelivered)
    guard seen.count == delivered.count else { return "\(seen.count) requests for \(delivered.count)" }
    let violations = zip(delivered, seen).flatMap { one, sighting in
      sighting.violations(body: one.expected.body).map { "\(one.name): \($0)" }
    }
    return violations.isEmpty ? "as each should" : violations.joined(separator: "; ")
  }

  /// Sends one on a connection of its own; throws where its answer is not the expected one.
  static func send(_ one: RawCase, to gateway: GatewayProcess) throws {
    let client = try gateway.connect()
    let statuses: [Int]
    switch one.expected {
    case .refused(let refused): statuses = refused
    case .unverified: statuses = [401]
    case .delivered: statuses = [200]
    }
    client.offer(one.bytes + (one.expected.isRefused ? PeerCases.smuggled : []))
    let response = try client.response()
    guard statuses.contains(response.status) else { throw FixtureError("answered \(response.status)") }
  }
}

extension RawCase.Expected {
  var isRefused: Bool { if case .refused = self { true } else { false } }

  /// What reaches the application, if anything does.
  var body: [UInt8] { if case .delivered(let body) = self { body } else { [] } }
}
