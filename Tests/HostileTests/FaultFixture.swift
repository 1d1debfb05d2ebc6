import Foundation
import TestSupport

/// A gateway in front of two upstreams: `/hook/NAME` goes to one that answers by a table of scripts, `/fair`
/// to a decent one, whose deliveries must not suffer from what the first one does.
final class FaultFixture {
  let upstream: RecordingUpstream
  let fair: RecordingUpstream
  let gateway: GatewayProcess

  /// - Parameter script: what `/hook/NAME` does, by its name and its place among all requests of that name.
  init(
    route: String = "", limits: String = "", top: String = "", workers: Int = 2,
    environment: [String: String] = [:],
    _ script: @escaping @Sendable (_ name: String, _ request: RecordedRequest) -> UpstreamReply
  ) throws {
    upstream = try RecordingUpstream { script(FaultFixture.name(of: $0), $0) }
    fair = try RecordingUpstream()
    let config =
      GatewayConfig.text(
        upstreams: [upstream.url("/app/")], path: "/hook/*", route: route, limits: limits, top: top,
        workers: workers) + GatewayConfig.route("/fair", upstreams: [fair.url()])
    gateway = try GatewayProcess(config: config, environment: environment)
  }

  static func name(of request: RecordedRequest) -> String {
    String(request.target.split(separator: "/").last ?? "")
  }

  func request(_ name: String, _ body: [UInt8]? = nil) -> SignedRequest {
    SignedRequest(bytes: body ?? Array(name.utf8)).with { $0.target = "/hook/\(name)" }
  }

  /// The requests that came with this name.
  func seen(_ name: String) -> [RecordedRequest] { upstream.requests.filter { Self.name(of: $0) == name } }

  /// Sends one delivery, and says what became of it: the status, how often the upstream saw it, and whether
  /// its connection was used again.
  func outcome(_ name: String, _ body: [UInt8]? = nil, seconds: Double = 20) throws -> String {
    let response = try gateway.exchange(request(name, body).bytes, seconds: seconds)
    let connection = seen(name).last?.connection
    let next = try gateway.exchange(request("after-" + name).bytes, seconds: seconds)
    let reused = seen("after-" + name).last?.connection == connection
    try Self.hold(next.status == 200 && next.text == "ok", "the next delivery got \(next.status)")
    try serveFair()
    return
      "\(response.status), sent \(times(seen(name).count)), connection \(reused ? "used again" : "dropped")"
  }

  /// A delivery for the decent upstream passes.
  func serveFair() throws {
    let probe = SignedRequest("fair").with { $0.target = "/fair" }
    let before = fair.requests.count
    try Self.hold(try gateway.exchange(probe.bytes).text == "ok", "the other upstream's delivery failed")
    try Self.hold(try fair.requests(atLeast: before + 1).count == before + 1, "the other upstream saw more")
  }

  static func hold(_ condition: Bool, _ sentence: @autoclosure () -> String) throws {
    guard condition else { throw FixtureError(sentence()) }
  }

  private func times(_ count: Int) -> String { count == 1 ? "once" : "\(count) times" }
}
