import TestSupport
import Testing

@Test func `a signed delivery reaches the app with the mark and its body unaltered`() async throws {
  try await onThread {
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url()]))
    let request = SignedRequest()
    let response = try gateway.exchange(request.bytes)
    #expect(response.status == 200)
    #expect(response.text == "ok")
    let seen = try upstream.onlyRequest()
    #expect(seen.body == request.body)
    #expect(seen.head.values("x-verified") == ["true"])
    #expect(gateway.terminate() == 0)
  }
}
