import TestSupport
import Testing

/// A gateway that believes this machine, with every kind of layout that reads lists.
final class FieldFixture {
  let upstream: RecordingUpstream
  let gateway: GatewayProcess
  private var client: RawClient?

  init(_ script: @escaping @Sendable (RecordedRequest) -> UpstreamReply = { _ in .ok }) throws {
    upstream = try RecordingUpstream(script)
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
