import Foundation
import TestSupport
import Testing

/// What a request may cost, signed or not: processor time of the event loop for each byte of a field that the gateway
/// reads, beside that of a field that it does not.
///
/// `make bench-fields` prints the figures; they are to stay within 5, and docs/bounds.md says what does not. Here the
/// machine is busy, and the program was built for debugging: what fails is ten times beyond that.
@Suite(.ownThread) struct FieldCostHostileTests {
  private static let isBench = ProcessInfo.processInfo.environment["FIELD_COSTS"] != nil
  private static let rounds = isBench ? 5 : 3
  private static let requests = isBench ? 16 : 4
  private static let timesMax = 50.0

  /// A sanitizer makes some bytes much dearer than others.
  @Test(.enabled(if: !Sanitizers.areOn), arguments: FieldCase.all)
  func `no byte of a field that is read costs much more than one of a field that is not`(
    _ field: FieldCase
  ) throws {
    let fixture = try FieldFixture()
    let (read, unread) = field.pair()
    var least = (read: Double.infinity, unread: Double.infinity)
    // What else runs makes both dearer, never cheaper.
    for _ in 0..<Self.rounds {
      least.unread = min(least.unread, try fixture.cost(of: Self.requests, unread))
      least.read = min(least.read, try fixture.cost(of: Self.requests, read))
    }
    let times = least.read / least.unread
    if Self.isBench {
      let nanoseconds = least.read / Double(Self.requests * read.count) * 1e9
      print("field-cost\t\(field.name)\t\(read.count)\t\(nanoseconds)\t\(times)")
    }
    HostileTable.row(
      "cost", "\(field.name) (\(read.count) bytes)", expected: "under 50 times an unknown field's",
      seen: "\((times * 10).rounded() / 10) times", holds: times < Self.timesMax)
    try fixture.expectServing()
  }
}

/// A gateway that believes this machine, with every kind of layout that reads lists.
private final class FieldFixture {
  private let upstream: RecordingUpstream
  private let gateway: GatewayProcess
  private var client: RawClient?

  init() throws {
    upstream = try RecordingUpstream()
    let url = upstream.url()
    let other = "secret-file: {dir}/other\n"
    let routes =
      GatewayConfig.route("/p/*", upstreams: [upstream.url("/")])
      + GatewayConfig.route("/stripe", upstreams: [url], other + "signature: stripe")
      + GatewayConfig.route(
        "/standard", upstreams: [url], "secret-file: {dir}/third\nsignature: standard-webhooks")
    gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [url], top: "trusted-proxies: [127.0.0.1, \"::1\"]", workers: 1)
        + routes,
      files: [
        "secret": GatewayProcess.secret + "\n", "other": "another secret, for lists\n",
        "third": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n",
      ])
  }

  /// Seconds by the clock of the only event loop for so many of them, one after the other.
  func cost(of count: Int, _ request: [UInt8]) throws -> Double {
    // The connection, and whatever is done once.
    try answer(request)
    // Load makes it more for whichever of two requests: the ratio of the least is judged.
    let start = try gateway.loopSeconds
    for _ in 0..<count { try answer(request) }
    return try gateway.loopSeconds - start
  }

  private func answer(_ request: [UInt8]) throws {
    let client = try self.client ?? gateway.connect()
    self.client = client
    client.offer(request)
    // Where it is refused halfway there may be a reset instead of an answer.
    guard let response = try? client.response(within: 30), response.head.value("connection") != "close" else {
      return self.client = nil
    }
  }

  func expectServing() throws {
    #expect(try gateway.exchange(SignedRequest().bytes).status == 200)
  }
}
