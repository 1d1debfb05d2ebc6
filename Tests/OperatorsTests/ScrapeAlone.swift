import Foundation
import TestSupport
import Testing

/// What those who read the metrics cost, in memory and in CPU time.
@Suite(.serialized) struct ScrapeAlone {
  private func gateway(workers: Int = 2) throws -> (GatewayProcess, RecordingUpstream) {
    let upstream = try RecordingUpstream()
    return (try .observed([upstream.url()], workers: workers), upstream)
  }

  @Test func `a reader that asks on and takes nothing has no answers kept for it`() async throws {
    try await onThread {
      let (gateway, _) = try gateway()
      #expect(try gateway.get("/metrics").status == 200)
      let before = gateway.residentBytes
      let deaf = try gateway.admin()
      let one = Array("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
      deaf.offer([[UInt8]](repeating: one, count: 50_000).flatMap { $0 }, within: 5)
      #expect((gateway.residentBytes - before) >> 20 < 16)
      #expect(try gateway.get("/healthz").text == "ok\n")
    }
  }

  @Test func `a scrape costs next to nothing`()
    async throws
  {
    try await onThread {
      let (gateway, upstream) = try gateway(workers: 1)
      defer { upstream.stop() }
      let client = try gateway.admin()
      func scrape() throws -> Scrape {
        try client.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
        return Scrape(try client.response().text)
      }
      for _ in 0..<5 { #expect(try gateway.post(SignedRequest()) == 200) }
      _ = try scrape()
      let before = try #require(try scrape()["process_cpu_seconds_total"])
      for _ in 0..<200 { _ = try scrape() }
      let after = try #require(try scrape()["process_cpu_seconds_total"])
      let milliseconds = (after - before) / 201 * 1000
      print("one scrape costs \((milliseconds * 1000).rounded() / 1000) ms of CPU")
      // 2 ms is what it may cost; a debug build on a loaded machine gets tenfold.
      #expect(milliseconds < 20)
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func `deliveries are not slowed down by readers that scrape without a pause`() async throws {
    // Tenfold what it takes on a machine that is busy otherwise.
    try await onThread {
      let seconds = try ScrapeUnderLoadTests.secondsBesideScrapes()
      #expect(seconds < 60)
    }
  }
}
