import TestSupport
import Testing

/// https upstreams: held to their certificate and name, and nothing is sent before that.
@Suite(.ownThread) struct TLSUpstreamTests {
  private let certificates: Certificates

  init() throws { certificates = try Certificates.shared.get() }

  private func witness(_ name: String = "server", clientCA: String? = nil) throws -> PythonWitness {
    try PythonWitness(
      certificate: certificates.path(name + ".pem"), key: certificates.path(name + ".key"),
      clientCA: clientCA.map(certificates.path))
  }

  /// A route with one https upstream and further settings of it.
  private func gateway(_ port: UInt16, _ settings: [String], then next: String? = nil, route: String = "")
    throws
    -> GatewayProcess
  {
    let fields = ["url: \"https://127.0.0.1:\(port)/app\""] + settings
    let upstreams = ["{\(fields.joined(separator: ", "))}"] + (next.map { ["\"\($0)\""] } ?? [])
    return try GatewayProcess(
      config: """
        listen: 127.0.0.1:{port}
        workers: 1
        routes:
          - path: /hook
            secret-file: {dir}/secret
            upstreams: [\(upstreams.joined(separator: ", "))]
            \(route)
        """)
  }

  private func ca(_ name: String) -> String { "ca-file: \(certificates.path(name + ".pem"))" }

  @Test func `an upstream with a certificate of the configured authority gets the delivery`() throws {
    let witness = try witness()
    let gateway = try gateway(witness.port, [ca("ca")])
    for body in ["first", "second"] {
      #expect(try gateway.exchange(SignedRequest(body).bytes).text == "witness")
    }
    #expect(eventually { witness.requests.count == 2 })
    #expect(witness.requests.map(\.bodyHex) == ["first", "second"].map { Array($0.utf8).hex })
  }

  @Test(arguments: [("server", "other-ca"), ("server", ""), ("misnamed", "ca")])
  func `a certificate of another authority or for another name is 502, and nothing was sent`(
    certificate: String, authority: String
  ) throws {
    let witness = try witness(certificate)
    let gateway = try gateway(witness.port, authority.isEmpty ? [] : [ca(authority)])
    #expect(try gateway.exchange(SignedRequest().bytes).status == 502)
    try gateway.waitForLog(containing: "reason=upstream-tls")
    #expect(witness.requests.isEmpty)
  }

  @Test func `after a TLS failure the next upstream gets the delivery`() throws {
    let witness = try witness()
    let next = try RecordingUpstream()
    let gateway = try gateway(witness.port, [ca("other-ca")], then: next.url())
    #expect(try gateway.exchange(SignedRequest("safe").bytes).status == 200)
    #expect(try next.onlyRequest().body == Array("safe".utf8))
    #expect(witness.requests.isEmpty)
  }

  @Test func `an upstream that asks for a client certificate gets the configured one`() throws {
    let witness = try witness(clientCA: "ca.pem")
    let own = [
      "client-certificate-file: \(certificates.path("client.pem"))",
      "client-key-file: \(certificates.path("client.key"))",
    ]
    let known = try gateway(witness.port, [ca("ca")] + own)
    #expect(try known.exchange(SignedRequest().bytes).text == "witness")
    #expect(eventually { witness.requests.first?.client == "commonName=client" })
    let unknown = try gateway(witness.port, [ca("ca")])
    #expect(try unknown.exchange(SignedRequest().bytes).status == 502)
    #expect(witness.requests.count == 1)
  }

  @Test func `an upstream that never speaks TLS costs no more than the connect time`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try gateway(upstream.port, [ca("ca")], route: "connect-seconds-max: 1")
    #expect(try gateway.exchange(SignedRequest().bytes).status == 504)
    #expect(upstream.requests.isEmpty)
  }
}
