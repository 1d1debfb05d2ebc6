import Foundation
import Synchronization
import TestSupport
import Testing

/// What reloads and forgeries leave behind in memory, and a file whose writer may not pause.
@Suite(.serialized) struct ReloadAlone {
  @Test(.timeLimit(.minutes(20)))
  func `a thousand hangups under load leave no memory behind`() async throws {
    try await onThread {
      let fixture = try HangupFixture()
      let (gateway, load) = (fixture.gateway, fixture.load)
      func hangups(_ count: Int) throws { for _ in 0..<count { try fixture.hangup() } }
      try hangups(300)
      let grown = try leastGrowth(of: gateway, enough: 8_000_000) { try hangups(700) }
      #expect(load.stop().failures == [])
      #expect(grown < 8_000_000)
      #expect(gateway.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(20)))
  func `forgeries leave no memory behind`() async throws {
    try await onThread {
      let upstream = try RecordingUpstream()
      let gateway = try GatewayProcess(config: GatewayConfig.text(upstreams: [upstream.url()]))
      let genuine = try gateway.connect()
      try genuine.send(SignedRequest().bytes)
      #expect(try genuine.response().status == 200)
      _ = FloodTests.flood(gateway, seconds: 1)
      let grown = leastGrowth(of: gateway, enough: 20_000_000) {
        #expect(FloodTests.flood(gateway, seconds: 2) > 0)
      }
      #expect(grown < 20_000_000)
      #expect(gateway.terminate() == 0)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `while a file is being written its old secrets hold, and then the new one at once`() async throws {
    try await onThread {
      // What is not written on for 50 ms counts as whole, so an attempt in which this process had to wait for
      // the processor for that long says nothing.
      for _ in 0..<100 { if try Self.writesSlowly() { return } }
      Issue.record("the machine never let a file be written byte by byte")
    }
  }

  private static func writesSlowly() throws -> Bool {
    let upstream = try RecordingUpstream()
    let gateway = try GatewayProcess(
      config: GatewayConfig.text(upstreams: [upstream.url()]), files: ["secret": "the old secret\n"])
    let new = "a new secret that is written slowly, a byte at a time"
    let file = try #require(fopen(gateway.secretPath, "w"))
    defer { fclose(file) }
    setvbuf(file, nil, _IONBF, 0)
    fputs(String(new.prefix(10)), file)
    var (last, longest) = (Date(), 0.0)
    func written() {
      longest = max(longest, -last.timeIntervalSinceNow)
      last = Date()
    }
    let sender = try gateway.connect()
    try sender.send(SignedRequest().with { $0.secret = new }.bytes)
    for character in new.dropFirst(10) {
      fputs(String(character), file)
      written()
      usleep(3000)
    }
    let meanwhile = try gateway.status(signedWith: "the old secret")
    written()
    fputs("\n", file)
    guard longest < 0.04 else { return false }
    #expect(meanwhile == 200)
    #expect(try sender.response().status == 200)
    #expect(try gateway.status(signedWith: new) == 200)
    #expect(try gateway.status(signedWith: String(new.prefix(10))) == 401)
    _ = try gateway.waitForLog(containing: "taken without a signal")
    #expect(gateway.log.filter { $0.contains("taken without a signal") }.count == 1)
    #expect(gateway.terminate() == 0)
    return true
  }
}
