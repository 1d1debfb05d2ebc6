import TestSupport
import Testing

/// An upstream and a gateway in front of it.
struct GatewayFixture {
  let upstream: RecordingUpstream
  let gateway: GatewayProcess

  init(
    path: String = "/hook", route: String = "", limits: String = "", top: String = "", workers: Int = 2,
    startedBy: [String] = [],
    _ script: @escaping @Sendable (RecordedRequest) -> UpstreamReply = { _ in .ok }
  ) throws {
    upstream = try RecordingUpstream(script)
    let target = path.hasSuffix("*") ? "/app/" : "/app"
    gateway = try GatewayProcess(
      config: GatewayConfig.text(
        upstreams: [upstream.url(target)], path: path, route: route, limits: limits, top: top,
        workers: workers), startedBy: startedBy)
  }

  /// A genuine delivery passes, and is the only one that the upstream has seen since `seen` others.
  func expectServing(after seen: Int = 0, _ comment: Comment? = nil) throws {
    let probe = SignedRequest("probe")
    #expect(try gateway.exchange(probe.bytes).status == 200, comment)
    let requests = try upstream.requests(atLeast: seen + 1)
    #expect(requests.count == seen + 1, comment)
    #expect(requests.last?.body == probe.body, comment)
  }
}
