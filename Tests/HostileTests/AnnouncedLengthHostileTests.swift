import TestSupport
import Testing

/// A length is a word: what it announces is neither memory nor place until it comes.
@Suite(.ownThread) struct AnnouncedLengthHostileTests {
  /// Of address space, 3 GiB: what the program has itself is less than one, and no load of the machine moves either.
  private static let limited = ["prlimit", "--as=3221225472"]

  /// 6 GiB are announced under a limit of 3. A sanitizer's shadow is larger than any limit.
  @Test(.enabled(if: !Sanitizers.areOn))
  func `bodies that are announced and never sent reserve no memory`() throws {
    let announcing = SignedRequest(String(repeating: "a", count: 100)).with {
      $0.signature = String(repeating: "ab", count: 32)
    }
    let head = announcing.head.latin1.replacing("Content-Length: 100", with: "Content-Length: 67108864")
    try Self.announce("bodies", head.latin1Bytes)
  }

  /// A chunk's size announces as a length does.
  @Test(.enabled(if: !Sanitizers.areOn), arguments: [0, 1])
  func `chunks that are announced and never sent reserve no memory`(bytesSent: Int) throws {
    let head = SignedRequest().with {
      $0.signature = String(repeating: "ab", count: 32)
      $0.chunks = [1]
    }.head
    let chunk = Array("4000000\r\n".utf8) + [UInt8](repeating: 7, count: bytesSent)
    try Self.announce("chunks", head + chunk)
  }

  private static func announce(_ what: String, _ beginning: [UInt8]) throws {
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()], limits: "body-bytes-max: 67108864"),
      startedBy: limited)
    let waiting = try (0..<96).map { _ in
      let client = try gateway.connect()
      try client.send(beginning)
      return client
    }
    HostileTable.row(.cost, "96 announced \(what) of 64 MiB under 3 GiB", expected: "200, 96 wait") {
      let status = try gateway.exchange(SignedRequest().bytes).status
      let open = waiting.filter { $0.readSome(for: 0).isEmpty && $0.end == nil }.count
      return "\(status), \(open) wait"
    }
    #expect(gateway.status == nil, "\(gateway.log.suffix(3))")
  }

  /// What has come is counted, and beyond the bound answered.
  @Test(.enabled(if: !Sanitizers.areOn))
  func `bodies that come in part are bounded by what has come`() throws {
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(
        upstreams: [upstream.url()], limits: "body-bytes-max: 8388608\nin-flight-bytes-max: 16777216"),
      startedBy: Self.limited)
    let part = [UInt8](repeating: 7, count: 2_000_000)
    let head = SignedRequest(bytes: [0]).with { $0.signature = String(repeating: "ab", count: 32) }.head
      .latin1
      .replacing("Content-Length: 1", with: "Content-Length: 8388608")
    let clients = try (0..<12).map { _ in
      let client = try gateway.connect()
      client.offer(head.latin1Bytes + part)
      return client
    }
    HostileTable.row(
      .cost, "12 bodies of 2 MB under 16 MiB in flight", expected: "some are 503, none ends it"
    ) {
      let refused = eventually { gateway.log.contains { $0.contains("reason=in-flight-bytes-max") } }
      return refused && gateway.status == nil ? "some are 503, none ends it" : "\(gateway.log.suffix(3))"
    }
    for client in clients { client.close() }
    #expect(eventually { (try? gateway.exchange(SignedRequest().bytes).status) == 200 })
  }
}
